// Command kubernetes says of objects what the API server of its Kubernetes release would say, without a cluster.
//
// It reads one JSON request a line and writes one JSON reply a line, in the same order:
//
//	{"id": 1, "object": {...}}               what a create would be told
//	{"id": 2, "old": {...}, "new": {...}}    what an update would be told
//	{"id": 3, "customResourceDefinition": {...}}    from here on, objects of that kind are known
//
// With "definitions" beside it, a request is about the set of definitions of that name, and so is its reply: two releases
// of the software that brings a kind can be asked about side by side.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/capabilities"
)

// version is the release of Kubernetes whose code this is; the build links it in.
var version = "unknown"

type request struct {
	ID         json.RawMessage `json:"id"`
	Object     json.RawMessage `json:"object"`
	Old        json.RawMessage `json:"old"`
	New        json.RawMessage `json:"new"`
	Definition json.RawMessage `json:"customResourceDefinition"`
	Set        string          `json:"definitions"`
}

type problem struct {
	Field   string `json:"field"`
	Type    string `json:"type"`
	Message string `json:"message"`
	Detail  string `json:"detail"`
}

type reply struct {
	ID       json.RawMessage `json:"id"`
	Known    bool            `json:"known"`
	Reason   string          `json:"reason,omitempty"`
	Problems []problem       `json:"problems"`
	Warnings []string        `json:"warnings"`
	Error    string          `json:"error,omitempty"`
	Set      string          `json:"definitions,omitempty"`
}

func main() {
	showVersion := flag.Bool("version", false, "print the release of Kubernetes whose code this is")
	flag.Parse()
	if *showVersion {
		fmt.Println(version)
		return
	}
	// The reply says everything; what the libraries log beside it would only fill a terminal.
	klog.SetLogger(klog.Logger{})
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	// A policy of the cluster, not a rule of the API, decides about privileged containers.
	capabilities.Initialize(capabilities.Capabilities{AllowPrivileged: true})
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve answers every line of the input until it ends.
func serve(input io.Reader, output io.Writer) error {
	reader, writer := bufio.NewReaderSize(input, 1<<16), bufio.NewWriterSize(output, 1<<16)
	for {
		line, err := reader.ReadBytes('\n')
		if text := bytes.TrimSpace(line); len(text) > 0 {
			encoded, encodingError := json.Marshal(answer(text))
			if encodingError != nil {
				return encodingError
			}
			writer.Write(encoded)
			writer.WriteByte('\n')
			// A batch is answered in few writes: it is flushed when nothing more waits to be read.
			if reader.Buffered() == 0 {
				if err := writer.Flush(); err != nil {
					return err
				}
			}
		}
		if err == io.EOF {
			return writer.Flush()
		}
		if err != nil {
			return err
		}
	}
}

// answer replies to one line; a panic in a library is an error of this line alone.
func answer(line []byte) (result reply) {
	var asked request
	result.Problems, result.Warnings = []problem{}, []string{}
	defer func() {
		if fault := recover(); fault != nil {
			result = reply{
				ID: asked.ID, Set: asked.Set, Problems: []problem{}, Warnings: []string{},
				Error: fmt.Sprintf("Kubernetes' code failed: %v", fault),
			}
			if os.Getenv("HELM_NESTED_KUBERNETES_DEBUG") != "" {
				os.Stderr.Write(debug.Stack())
			}
		}
	}()
	if err := json.Unmarshal(line, &asked); err != nil {
		result.Error = fmt.Sprintf("the line is not a request: %v", err)
		return result
	}
	result.ID, result.Set = asked.ID, asked.Set
	var err error
	switch {
	case len(asked.Definition) > 0:
		err = register(asked.Definition, asked.Set)
		result.Known = err == nil
	case len(asked.Old) > 0 && len(asked.New) > 0:
		err = judge(asked.New, asked.Old, asked.Set, &result)
	case len(asked.Object) > 0:
		err = judge(asked.Object, nil, asked.Set, &result)
	default:
		err = fmt.Errorf(`the request has no "object", no "old" with "new" and no "customResourceDefinition"`)
	}
	if err != nil {
		result.Error = err.Error()
	}
	return result
}

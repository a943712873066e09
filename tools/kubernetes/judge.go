package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/warning"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
)

// What the API server writes into an object is the same in every run here, so that replies are too.
const (
	nameSuffix       = "xxxxx"
	longestNameStart = 63 - len(nameSuffix)
	createdUID       = "00000000-0000-0000-0000-000000000001"
)

var (
	createdAt = metav1.NewTime(time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC))
	stable    = regexp.MustCompile(`^v[0-9]+$`)
	quoted    = regexp.MustCompile(`(?s)^(unknown|duplicate) field "(.*)"$`)
	strict    = serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict)
)

type recorder struct {
	lock  sync.Mutex
	texts []string
}

func (r *recorder) AddWarning(_, text string) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.texts = append(r.texts, text)
}

// kindOf is one kind that can be judged: how an object of it is decoded, and what it is asked then.
type kindOf struct {
	strategy strategy
	decode   func(text []byte) (runtime.Object, error)
}

// judge writes into the reply what a create of the object, or an update of the old one to it, would be told.
func judge(text, old []byte, set string, result *reply) error {
	var head metav1.TypeMeta
	if err := json.Unmarshal(text, &head); err != nil {
		result.Reason = fmt.Sprintf("the object has no readable apiVersion and kind: %v", err)
		return nil
	}
	version, err := schema.ParseGroupVersion(head.APIVersion)
	if err != nil || head.Kind == "" {
		result.Reason = "the object has no readable apiVersion and kind"
		return nil
	}
	gvk := version.WithKind(head.Kind)
	kind, reason := kindFor(gvk, set)
	if kind == nil {
		result.Reason = reason
		return nil
	}
	result.Known = true
	object, err := kind.decode(text)
	report(err, text, kind, result)
	if object == nil {
		return nil
	}
	metadata, err := meta.Accessor(object)
	if err != nil {
		return err
	}
	warnings := &recorder{}
	ctx := warning.WithWarningRecorder(contextFor(gvk, metadata, kind.strategy.NamespaceScoped()), warnings)
	if old == nil {
		create(metadata)
		report(rest.BeforeCreate(kind.strategy, ctx, object), text, kind, result)
	} else {
		before, err := kind.decode(old)
		if before == nil {
			return fmt.Errorf("the old object cannot be decoded: %v", err)
		}
		beforeMetadata, err := meta.Accessor(before)
		if err != nil {
			return err
		}
		create(beforeMetadata)
		create(metadata)
		metadata.SetResourceVersion("1")
		beforeMetadata.SetResourceVersion("1")
		// The old object was created once: what the server wrote into it then is there.
		if beforeMetadata.GetNamespace() == "" && kind.strategy.NamespaceScoped() {
			beforeMetadata.SetNamespace(metav1.NamespaceDefault)
		}
		if err := rest.BeforeCreate(kind.strategy, contextFor(gvk, beforeMetadata, kind.strategy.NamespaceScoped()), before); err != nil {
			result.Reason = fmt.Sprintf("Kubernetes rejects the old object: %v", err)
		}
		settle(before)
		// What the server fills in at creation, as a Job's selector, an update leaves as it is.
		kind.strategy.PrepareForCreate(ctx, object)
		report(rest.BeforeUpdate(kind.strategy, ctx, object, before), text, kind, result)
	}
	result.Warnings = append(result.Warnings, warnings.texts...)
	return nil
}

// kindFor returns how this kind is judged, or the reason why it cannot be.
func kindFor(gvk schema.GroupVersionKind, set string) (*kindOf, string) {
	if gvk == apiextensionsv1.SchemeGroupVersion.WithKind("CustomResourceDefinition") {
		return definitionKind, ""
	}
	if custom, found := customKinds[set][gvk]; found {
		return custom, ""
	}
	if !stable.MatchString(gvk.Version) {
		return nil, fmt.Sprintf("%s is not a version that Kubernetes %s serves unless it is switched on", gvk.GroupVersion(), version)
	}
	found, known := strategies[gvk.Group+"/"+gvk.Kind]
	if !known || !legacyscheme.Scheme.Recognizes(gvk) {
		return nil, fmt.Sprintf("Kubernetes %s has no kind %s in %s", version, gvk.Kind, gvk.GroupVersion())
	}
	serializerInfo, _ := runtime.SerializerInfoForMediaType(strict.SupportedMediaTypes(), runtime.ContentTypeJSON)
	decoder := strict.DecoderToVersion(
		serializerInfo.StrictSerializer, schema.GroupVersion{Group: gvk.Group, Version: runtime.APIVersionInternal},
	)
	return &kindOf{found, func(text []byte) (runtime.Object, error) {
		object, _, err := decoder.Decode(text, nil, nil)
		return object, err
	}}, ""
}

// contextFor is the request that the API server would have received.
func contextFor(gvk schema.GroupVersionKind, metadata metav1.Object, namespaced bool) context.Context {
	namespace := ""
	if namespaced {
		if namespace = metadata.GetNamespace(); namespace == "" {
			namespace = metav1.NamespaceDefault
		}
	}
	plural, _ := meta.UnsafeGuessKindToResource(gvk)
	ctx := genericapirequest.WithNamespace(genericapirequest.NewContext(), namespace)
	return genericapirequest.WithRequestInfo(ctx, &genericapirequest.RequestInfo{
		IsResourceRequest: true, APIGroup: gvk.Group, APIVersion: gvk.Version, Resource: plural.Resource,
		Namespace: namespace, Name: metadata.GetName(), Verb: "create",
	})
}

// create writes what the API server writes into each new object before it is judged.
func create(metadata metav1.Object) {
	metadata.SetCreationTimestamp(createdAt)
	metadata.SetUID(createdUID)
	metadata.SetDeletionTimestamp(nil)
	metadata.SetDeletionGracePeriodSeconds(nil)
	metadata.SetSelfLink("")
	metadata.SetManagedFields(nil)
	if start := metadata.GetGenerateName(); start != "" && metadata.GetName() == "" {
		if len(start) > longestNameStart {
			start = start[:longestNameStart]
		}
		metadata.SetName(start + nameSuffix)
	}
}

// report takes an error apart into problems with a field.
func report(err error, text []byte, kind *kindOf, result *reply) {
	if err == nil {
		return
	}
	if strictError, isStrict := runtime.AsStrictDecodingError(err); isStrict {
		for _, fault := range strictError.Errors() {
			entry := problem{Type: "FieldValueInvalid", Message: fault.Error(), Detail: fault.Error()}
			if match := quoted.FindStringSubmatch(fault.Error()); match != nil {
				entry.Field, entry.Type = match[2], map[string]string{"unknown": "FieldUnknown", "duplicate": "FieldValueDuplicate"}[match[1]]
			}
			result.Problems = append(result.Problems, entry)
		}
		return
	}
	var status apierrors.APIStatus
	if errors.As(err, &status) && status.Status().Details != nil && len(status.Status().Details.Causes) > 0 {
		for _, cause := range status.Status().Details.Causes {
			result.Problems = append(result.Problems, problem{
				Field: strings.TrimSuffix(cause.Field, "[]"), Type: string(cause.Type), Message: cause.Message, Detail: cause.Message,
			})
		}
		return
	}
	result.Problems = append(result.Problems, problem{
		Field: culprit(text, err.Error(), kind), Type: "FieldValueTypeInvalid", Message: err.Error(), Detail: err.Error(),
	})
}

// culprit finds the value that a decoding error is about, because most such errors name no place: it is the one
// without which the error is another or none.
func culprit(text []byte, message string, kind *kindOf) string {
	var object map[string]any
	if json.Unmarshal(text, &object) != nil {
		return ""
	}
	changes := func() bool {
		changed, err := json.Marshal(object)
		if err != nil {
			return false
		}
		_, err = kind.decode(changed)
		return err == nil || err.Error() != message
	}
	place := ""
	var descend func(value any, path string) bool
	descend = func(value any, path string) bool {
		try := func(holder map[string]any, key string, step string) bool {
			inner := holder[key]
			if key == "apiVersion" || key == "kind" {
				return false
			}
			delete(holder, key)
			guilty := changes()
			holder[key] = inner
			if guilty {
				place = path + step
				descend(inner, place)
			}
			return guilty
		}
		switch value := value.(type) {
		case map[string]any:
			keys := make([]string, 0, len(value))
			for key := range value {
				keys = append(keys, key)
			}
			sort.Strings(keys)
			for _, key := range keys {
				step := "." + key
				if path == "" {
					step = key
				} else if strings.ContainsAny(key, ".[]/") {
					step = "[" + key + "]"
				}
				if try(value, key, step) {
					return true
				}
			}
		case []any:
			for index := range value {
				inner := value[index]
				value[index] = nil
				guilty := changes()
				value[index] = inner
				if guilty {
					place = path + "[" + strconv.Itoa(index) + "]"
					descend(inner, place)
					return true
				}
			}
		}
		return false
	}
	descend(object, "")
	return place
}

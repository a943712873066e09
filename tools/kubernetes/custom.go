package main

import (
	"encoding/json"
	"fmt"

	apiextensionshelpers "k8s.io/apiextensions-apiserver/pkg/apihelpers"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsinstall "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	apiservervalidation "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apiextensions-apiserver/pkg/crdserverscheme"
	"k8s.io/apiextensions-apiserver/pkg/registry/customresource"
	"k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
)

// customKinds are the kinds that definitions brought, by the name of their set: a release of the software that brings
// them, say. The definition's own kind is in every set.
var customKinds = map[string]map[schema.GroupVersionKind]*kindOf{}

var definitionKind *kindOf

var definitionScheme = runtime.NewScheme()

func init() {
	apiextensionsinstall.Install(definitionScheme)
	metav1.AddToGroupVersion(definitionScheme, schema.GroupVersion{Version: "v1"})
	codecs := serializer.NewCodecFactory(definitionScheme, serializer.EnableStrict)
	info, _ := runtime.SerializerInfoForMediaType(codecs.SupportedMediaTypes(), runtime.ContentTypeJSON)
	decoder := codecs.DecoderToVersion(info.StrictSerializer, apiextensions.SchemeGroupVersion)
	definitionKind = &kindOf{
		customresourcedefinition.NewStrategy(definitionScheme),
		func(text []byte) (runtime.Object, error) {
			object, _, err := decoder.Decode(text, nil, nil)
			return object, err
		},
	}
}

// register makes every version that a CustomResourceDefinition serves known in this set of definitions.
func register(text []byte, set string) error {
	definition := &apiextensionsv1.CustomResourceDefinition{}
	if err := json.Unmarshal(text, definition); err != nil {
		return fmt.Errorf("it is no CustomResourceDefinition: %v", err)
	}
	definitionScheme.Default(definition)
	if len(definition.Spec.Versions) == 0 {
		return fmt.Errorf("the CustomResourceDefinition %q has no versions", definition.Name)
	}
	for _, version := range definition.Spec.Versions {
		if !version.Served {
			continue
		}
		gvk := schema.GroupVersionKind{Group: definition.Spec.Group, Version: version.Name, Kind: definition.Spec.Names.Kind}
		kind, err := customKind(definition, gvk)
		if err != nil {
			return fmt.Errorf("the CustomResourceDefinition %q, version %s: %v", definition.Name, version.Name, err)
		}
		if customKinds[set] == nil {
			customKinds[set] = map[schema.GroupVersionKind]*kindOf{}
		}
		customKinds[set][gvk] = kind
	}
	return nil
}

func customKind(definition *apiextensionsv1.CustomResourceDefinition, gvk schema.GroupVersionKind) (*kindOf, error) {
	validation, err := apiextensionshelpers.GetSchemaForVersion(definition, gvk.Version)
	if err != nil {
		return nil, err
	}
	if validation == nil || validation.OpenAPIV3Schema == nil {
		return nil, fmt.Errorf("it has no schema")
	}
	internal := &apiextensions.CustomResourceValidation{}
	if err := apiextensionsv1.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(validation, internal, nil); err != nil {
		return nil, err
	}
	structural, err := structuralschema.NewStructural(internal.OpenAPIV3Schema)
	if err != nil {
		return nil, err
	}
	validator, _, err := apiservervalidation.NewSchemaValidator(internal.OpenAPIV3Schema)
	if err != nil {
		return nil, err
	}
	return &kindOf{
		customresource.NewStrategy(
			crdserverscheme.NewUnstructuredObjectTyper(),
			definition.Spec.Scope == apiextensionsv1.NamespaceScoped,
			gvk, validator, nil, structural, nil, nil, nil,
		),
		func(text []byte) (runtime.Object, error) { return decodeCustom(text, structural) },
	}, nil
}

// decodeCustom reads, prunes and defaults as the API server does; what it prunes is told as an unknown field.
func decodeCustom(text []byte, structural *structuralschema.Structural) (runtime.Object, error) {
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(text); err != nil {
		return nil, err
	}
	unknown := pruning.PruneWithOptions(
		object.Object, structural, true, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true},
	)
	defaulting.PruneNonNullableNullsWithoutDefaults(object.Object, structural)
	defaulting.Default(object.Object, structural)
	faults := make([]error, 0, len(unknown))
	for _, path := range unknown {
		faults = append(faults, fmt.Errorf("unknown field %q", path))
	}
	if len(faults) > 0 {
		return object, runtime.NewStrictDecodingError(faults)
	}
	return object, nil
}

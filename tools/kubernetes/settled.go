package main

import (
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apimachinery/pkg/runtime"
	api "k8s.io/kubernetes/pkg/apis/core"
)

// settle writes into an object what a cluster's controllers write soon after it was created, as far as what an update may
// change depends on it: a volume claim is bound to a volume of the size that it asks for, a definition is established.
func settle(object runtime.Object) {
	switch object := object.(type) {
	case *api.PersistentVolumeClaim:
		object.Status.Phase = api.ClaimBound
		object.Status.Capacity = object.Spec.Resources.Requests.DeepCopy()
	case *apiextensions.CustomResourceDefinition:
		apiextensions.SetCRDCondition(object, apiextensions.CustomResourceDefinitionCondition{
			Type: apiextensions.Established, Status: apiextensions.ConditionTrue,
		})
	}
}

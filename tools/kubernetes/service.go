package main

import (
	"context"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	api "k8s.io/kubernetes/pkg/apis/core"
)

// What a Service gets that was created without; anything else would do.
const (
	givenAddress    = "10.96.0.10"
	givenHealthPort = 30000
)

// serviceStrategy does besides what the API server does to a Service before it asks the strategy, where no strategy is:
// https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/registry/core/service/storage/storage.go
// Which families of addresses a cluster has, no object says, so that is not judged.
type serviceStrategy struct{ strategy }

func (s serviceStrategy) PrepareForCreate(ctx context.Context, object runtime.Object) {
	spec := &object.(*api.Service).Spec
	if spec.ClusterIP != "" && len(spec.ClusterIPs) == 0 {
		spec.ClusterIPs = []string{spec.ClusterIP}
	}
	if needsHealthPort(spec) && spec.HealthCheckNodePort == 0 {
		spec.HealthCheckNodePort = givenHealthPort
	}
	s.strategy.PrepareForCreate(ctx, object)
}

func (s serviceStrategy) Validate(ctx context.Context, object runtime.Object) field.ErrorList {
	return append(s.strategy.Validate(ctx, object), familyErrors(&object.(*api.Service).Spec)...)
}

func (s serviceStrategy) PrepareForUpdate(ctx context.Context, object, old runtime.Object) {
	after, before := &object.(*api.Service).Spec, &old.(*api.Service).Spec
	if before.Type != api.ServiceTypeExternalName && before.ClusterIP == "" {
		before.ClusterIP, before.ClusterIPs = givenAddress, []string{givenAddress}
	}
	// What the new object does not say stays.
	if before.Type != api.ServiceTypeExternalName && after.Type != api.ServiceTypeExternalName {
		if after.ClusterIP == "" {
			after.ClusterIP = before.ClusterIP
		}
		if len(after.ClusterIPs) == 0 {
			after.ClusterIPs = before.ClusterIPs
		}
		if after.IPFamilyPolicy == nil {
			after.IPFamilyPolicy = before.IPFamilyPolicy
		}
	}
	if needsHealthPort(before) && after.HealthCheckNodePort == givenHealthPort {
		after.HealthCheckNodePort = before.HealthCheckNodePort
	}
	s.strategy.PrepareForUpdate(ctx, object, old)
}

func (s serviceStrategy) ValidateUpdate(ctx context.Context, object, old runtime.Object) field.ErrorList {
	return append(s.strategy.ValidateUpdate(ctx, object, old), familyErrors(&object.(*api.Service).Spec)...)
}

func needsHealthPort(spec *api.ServiceSpec) bool {
	return spec.Type == api.ServiceTypeLoadBalancer && spec.ExternalTrafficPolicy == api.ServiceExternalTrafficPolicyLocal
}

// familyErrors says of two addresses or families that the policy allows one, which is also what no policy means.
func familyErrors(spec *api.ServiceSpec) (errors field.ErrorList) {
	policy, isDual := spec.IPFamilyPolicy, spec.ClusterIP == api.ClusterIPNone && len(spec.Selector) == 0
	if spec.Type == api.ServiceTypeExternalName || policy != nil && *policy != api.IPFamilyPolicySingleStack || policy == nil && isDual {
		return nil
	}
	path := field.NewPath("spec", "ipFamilyPolicy")
	if len(spec.ClusterIPs) == 2 {
		errors = append(errors, field.Invalid(path, policy, "must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified"))
	}
	if len(spec.IPFamilies) == 2 {
		errors = append(errors, field.Invalid(path, policy, "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified"))
	}
	return errors
}

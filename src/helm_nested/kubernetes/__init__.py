"""What Kubernetes objects look like: names, quantities, pod specs, selectors, references; what several checks share."""

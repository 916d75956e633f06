package main

import (
	"errors"
	"fmt"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// checkNames follows every name to what it names: labels to pods, ports to containers, keys to secrets.
func (c *cluster) checkNames() error {
	var errs []error
	for _, s := range c.services {
		errs = append(errs, c.serves(s.Name, s.Spec.Selector, servicePorts(s)))
	}
	for _, b := range c.budgets {
		errs = append(errs, c.serves(b.Name, b.Spec.Selector.MatchLabels, nil))
	}
	for _, p := range c.policies {
		var ports []intstr.IntOrString
		for _, rule := range p.Spec.Ingress {
			for _, port := range rule.Ports {
				ports = append(ports, *port.Port)
			}
		}
		errs = append(errs, c.serves(p.Name, p.Spec.PodSelector.MatchLabels, ports))
	}
	for _, pod := range c.pods {
		errs = append(errs, c.checkPod(pod.Spec))
	}
	return errors.Join(errs...)
}

func servicePorts(s core.Service) (ports []intstr.IntOrString) {
	for _, port := range s.Spec.Ports {
		ports = append(ports, port.TargetPort)
	}
	return ports
}

// serves says what is wrong with a selector and the ports it leads to.
func (c *cluster) serves(name string, labels map[string]string, ports []intstr.IntOrString) error {
	for _, pod := range c.pods {
		if selects(labels, pod) != nil {
			continue
		}
		for _, port := range ports {
			if !hasPort(pod.Spec, port) {
				return fmt.Errorf("%s: the pods have no port %s", name, port.String())
			}
		}
		return nil
	}
	return fmt.Errorf("%s: no pod has the labels %v", name, labels)
}

func selects(labels map[string]string, pod core.PodTemplateSpec) error {
	for key, value := range labels {
		if pod.Labels[key] != value {
			return fmt.Errorf("selects %s=%s, which its pods do not have", key, value)
		}
	}
	return nil
}

func hasPort(pod core.PodSpec, port intstr.IntOrString) bool {
	for _, container := range pod.Containers {
		for _, p := range container.Ports {
			if p.Name == port.String() || fmt.Sprint(p.ContainerPort) == port.String() {
				return true
			}
		}
	}
	return false
}

// checkPod follows a pod's probes to their ports, its variables and volumes to the secrets' keys.
func (c *cluster) checkPod(pod core.PodSpec) error {
	var errs []error
	volumes := map[string]bool{}
	for _, volume := range pod.Volumes {
		volumes[volume.Name] = true
		if volume.Secret != nil {
			for _, item := range volume.Secret.Items {
				errs = append(errs, c.hasKey(volume.Secret.SecretName, item.Key))
			}
		}
	}
	for _, container := range pod.Containers {
		for _, mount := range container.VolumeMounts {
			if !volumes[mount.Name] {
				errs = append(errs, fmt.Errorf("%s mounts %s, which is no volume", container.Name, mount.Name))
			}
		}
		for _, variable := range container.Env {
			if from := variable.ValueFrom; from != nil && from.SecretKeyRef != nil {
				errs = append(errs, c.hasKey(from.SecretKeyRef.Name, from.SecretKeyRef.Key))
			}
		}
		for _, probe := range []*core.Probe{container.ReadinessProbe, container.LivenessProbe} {
			if probe != nil && !hasPort(pod, probe.HTTPGet.Port) {
				errs = append(errs, fmt.Errorf("%s is probed on port %s, which it has not", container.Name, probe.HTTPGet.Port.String()))
			}
		}
	}
	return errors.Join(errs...)
}

func (c *cluster) hasKey(secret, key string) error {
	if _, ok := c.secrets[secret].StringData[key]; !ok {
		return fmt.Errorf("secret %s has no key %s", secret, key)
	}
	return nil
}

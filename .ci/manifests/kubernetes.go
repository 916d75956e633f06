package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	strict "sigs.k8s.io/yaml"
)

// cluster is what has been read, for the names that lead from one object to another.
type cluster struct {
	pods     []core.PodTemplateSpec
	services []core.Service
	budgets  []policy.PodDisruptionBudget
	policies []networking.NetworkPolicy
	secrets  map[string]core.Secret
}

// readKubernetes decodes every manifest in dir into the type it says it is.
func readKubernetes(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("%s: no manifests (%v)", dir, err)
	}
	c := cluster{secrets: map[string]core.Secret{}}
	for _, file := range files {
		kinds, err := c.readFile(file)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		fmt.Printf("pass  %s: %v\n", file, kinds)
	}
	return c.checkNames()
}

func (c *cluster) readFile(file string) (kinds []string, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	for documents := yaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(text))); ; {
		document := make([]byte, len(text))
		n, err := documents.Read(document)
		if errors.Is(err, io.EOF) {
			return kinds, nil
		}
		if err != nil {
			return nil, err
		}
		kind, err := c.read(document[:n])
		if err != nil {
			return nil, err
		}
		kinds = append(kinds, kind)
	}
}

// read decodes one object and keeps it.
func (c *cluster) read(document []byte) (kind string, err error) {
	var what meta.TypeMeta
	if err := strict.Unmarshal(document, &what); err != nil {
		return "", err
	}
	switch what.APIVersion + " " + what.Kind {
	case "apps/v1 Deployment":
		err = keep(document, func(d apps.Deployment) error {
			c.pods = append(c.pods, d.Spec.Template)
			return selects(d.Spec.Selector.MatchLabels, d.Spec.Template)
		})
	case "batch/v1 Job":
		err = keep(document, func(j batch.Job) error { c.pods = append(c.pods, j.Spec.Template); return nil })
	case "v1 Service":
		err = keep(document, func(s core.Service) error { c.services = append(c.services, s); return nil })
	case "v1 Secret":
		err = keep(document, func(s core.Secret) error { c.secrets[s.Name] = s; return nil })
	case "policy/v1 PodDisruptionBudget":
		err = keep(document, func(b policy.PodDisruptionBudget) error { c.budgets = append(c.budgets, b); return nil })
	case "networking.k8s.io/v1 NetworkPolicy":
		err = keep(document, func(p networking.NetworkPolicy) error { c.policies = append(c.policies, p); return nil })
	default:
		err = errors.New("is not expected here: teach .ci/manifests to read it")
	}
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", what.APIVersion, what.Kind, err)
	}
	return what.Kind, nil
}

func keep[T any](document []byte, add func(T) error) error {
	var object T
	if err := strict.UnmarshalStrict(document, &object); err != nil {
		return err
	}
	return add(object)
}

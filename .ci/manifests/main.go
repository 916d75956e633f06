// Manifests reads what docs/deploy hands out as Docker Compose and Kubernetes would, strictly: a field that does not
// exist, stands in the wrong place or has the wrong type is an error, and so is a name that leads nowhere. It is a
// module of its own, so that flashsale does not depend on either.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: manifests DIR")
		os.Exit(2)
	}
	if err := errors.Join(readCompose(os.Args[1]), readKubernetes(filepath.Join(os.Args[1], "kubernetes"))); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// readCompose loads compose.yaml by Compose's own library: its schema, its variables, and that every service, secret
// and volume that is named is there.
func readCompose(dir string) error {
	file := filepath.Join(dir, "compose.yaml")
	options, err := cli.NewProjectOptions([]string{file}, cli.WithEnv([]string{"SHOP_DB_PASSWORD=x"}))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	fmt.Printf("pass  %s: services %v\n", file, project.ServiceNames())
	return nil
}

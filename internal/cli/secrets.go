package cli

import (
	"fmt"
	"os"
	"strings"
)

// readSecrets reads webhook secrets from a file, one a line, so that they can be rotated; blank lines and
// lines that begin with # do not count. No file, no secrets.
func readSecrets(file string) ([]string, error) {
	if file == "" {
		return nil, nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--webhook-secret-file: %w", err)
	}
	var secrets []string
	for line := range strings.Lines(string(content)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			secrets = append(secrets, line)
		}
	}
	if len(secrets) == 0 {
		return nil, fmt.Errorf("--webhook-secret-file %s: there is no secret in it", file)
	}
	return secrets, nil
}

package database

import (
	"context"
	"fmt"
)

// probeDatabase is made and dropped to see whether the server commits: both are commits, and nobody's.
const probeDatabase = "flashsale_probe"

// Commit returns when the server has committed something that concerns nobody. One whose disk was full takes its time:
// MySQL and MariaDB look again a minute after they have found no room.
func (s *Server) Commit(ctx context.Context) error {
	for _, statement := range []string{"CREATE DATABASE IF NOT EXISTS ", "DROP DATABASE "} {
		if _, err := s.admin.ExecContext(ctx, statement+probeDatabase); err != nil {
			return fmt.Errorf("wait for the database to commit: %w", err)
		}
	}
	return nil
}

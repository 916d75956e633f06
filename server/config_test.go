package server

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

func TestValidate(t *testing.T) {
	secret := func(bytes int) string {
		return "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", bytes)))
	}
	for name, c := range map[string]struct {
		change func(*Config)
		good   bool
	}{
		"defaults":             {func(*Config) {}, true},
		"no secret":            {func(c *Config) { c.Secrets = nil }, false},
		"unsigned":             {func(c *Config) { c.Secrets, c.AllowUnsigned = nil, true }, true},
		"secret of 24 bytes":   {func(c *Config) { c.Secrets[0] = secret(24) }, true},
		"secret of 64 bytes":   {func(c *Config) { c.Secrets[0] = secret(64) }, true},
		"secret of 23 bytes":   {func(c *Config) { c.Secrets[0] = secret(23) }, false},
		"secret of 65 bytes":   {func(c *Config) { c.Secrets[0] = secret(65) }, false},
		"secret not base64":    {func(c *Config) { c.Secrets[0] = "whsec_" + strings.Repeat("*", 32) }, false},
		"no prefix":            {func(c *Config) { c.Secrets[0] = strings.TrimPrefix(secret(32), "whsec_") }, false},
		"second secret wrong":  {func(c *Config) { c.Secrets = append(c.Secrets, "whsec_") }, false},
		"TTL not microseconds": {func(c *Config) { c.HoldTTL = time.Second + 500 }, false},
		"TTL of microseconds":  {func(c *Config) { c.HoldTTL = time.Second + time.Microsecond }, true},
		"TTL too short":        {func(c *Config) { c.HoldTTL = time.Microsecond }, false},
		"quantity":             {func(c *Config) { c.MaxQty = 0 }, false},
		"queue":                {func(c *Config) { c.QueueMax = 0 }, false},
		"pool":                 {func(c *Config) { c.ConnectionsMax = minConnections - 1 }, false},
		"request time-out":     {func(c *Config) { c.RequestTimeout = 0 }, false},
		"sweep interval":       {func(c *Config) { c.SweepInterval = 0 }, false},
		"drain delay":          {func(c *Config) { c.DrainDelay = -time.Second }, false},
		"endless drain delay":  {func(c *Config) { c.DrainDelay = time.Hour }, false},
	} {
		config := DefaultConfig()
		config.Secrets = []string{secret(32)}
		c.change(&config)
		if err := config.Validate(); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

package strawman

import (
	"context"
	"net/http"
	"testing"
	"time"

	"flashsale/internal/api"
	"flashsale/internal/lab/labtest"
)

// frail is a database that a test may harm, and a strawman on it with little patience.
func frail(t *testing.T, patience time.Duration) (*labtest.Lab, *rig) {
	t.Helper()
	l, err := labs.Frail()
	if err != nil {
		t.Fatal(err)
	}
	dsn, err := labtest.EmptyOn(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	r := startOn(t, dsn, openPool(t, dsn), func(c *Config) { c.RequestTimeout = patience })
	return l, r
}

// A database that is frozen or gone is no reason to keep anybody waiting, or to say what is not so; and when it is back,
// so is the strawman.
func TestDatabaseAway(t *testing.T) {
	const patience = time.Second
	l, r := frail(t, patience)
	database := l.Database().Victim()
	product := r.product(1000)
	for name, harm := range map[string]struct{ inject, heal func(context.Context) error }{
		"frozen": {database.Pause, database.Resume},
		"killed": {func(ctx context.Context) error { _, err := database.Kill(ctx); return err }, database.Start},
	} {
		t.Run(name, func(t *testing.T) {
			r.hold(product, 1) // so that there is a session to lose
			if err := harm.inject(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, key := range []string{name + "1", name + "2"} {
				began := time.Now()
				a := r.send("POST", api.PathHolds, holdBody(product, 1), keyed(key))
				if took := time.Since(began); a.status/100 != 5 || took > patience+500*time.Millisecond {
					t.Errorf("answered %d after %v", a.status, took)
				}
			}
			if err := harm.heal(t.Context()); err != nil {
				t.Fatal(err)
			}
			healed := time.Now()
			r.waitFor("it sells again", func() bool {
				return r.send("POST", api.PathHolds, holdBody(product, 1), keyed(name+"1")).status == http.StatusCreated
			})
			if took := time.Since(healed); took > 2*time.Second {
				t.Errorf("it sells again after %v", took)
			}
		})
	}
}

// A strawman that starts while its database is away waits for it.
func TestStartWaitsForTheDatabase(t *testing.T) {
	l, r := frail(t, time.Second)
	database := l.Database().Victim()
	if _, err := database.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	api, admin := listen(t), listen(t)
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, r.config, both(api, admin)) }()
	if err := database.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.waitFor("readiness", func() bool {
		res, err := http.Get("http://" + admin.Addr().String() + "/readyz")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	http.DefaultClient.CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
}

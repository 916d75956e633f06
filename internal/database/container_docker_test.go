package database

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestDockerThatIsNotThere(t *testing.T) {
	t.Setenv("DOCKER_HOST", "unix://"+t.TempDir()+"/docker.sock")
	nothing, client := t.TempDir(), t.TempDir()
	fakeProgram(t, client, "docker", "exit 0")
	for _, c := range []struct {
		name, image string
		searchPath  []string
		want        string
	}{
		{"nothing at all", "", []string{nothing}, "apt-get install mariadb-server"},
		{"a client without its daemon", "", []string{client},
			"no mysqld or mariadbd on PATH, and no database from a container: docker does not answer"},
		{"an image, but no Docker", "mysql:8.4", []string{nothing}, "there is no Docker on this machine"},
		{"an image, but no daemon", "mysql:8.4", []string{client}, "no such file or directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open(t.Context(), Options{Image: c.image, SearchPath: c.searchPath, Port: testPort})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v", err)
			}
			if unknown := errors.Is(err, ErrNoDatabase); !unknown && strings.Contains(err.Error(), "\n") {
				t.Errorf("not one line: %v", err)
			}
		})
	}
}

func TestContainerIsTheLastResort(t *testing.T) {
	fakeDocker(t, map[string]func(http.ResponseWriter){"POST /containers/create": func(w http.ResponseWriter) {
		w.WriteHeader(http.StatusInternalServerError)
		w.Write([]byte(`{"message":"no space left on device"}`))
	}})
	_, err := Open(t.Context(), Options{SearchPath: []string{t.TempDir()}, Port: testPort})
	const want = "no --dsn, no mysqld or mariadbd on PATH, and no database from a container: " +
		"make a container of mysql:8.4: no space left on device"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestDockerElsewhere(t *testing.T) {
	t.Setenv("DOCKER_HOST", "tcp://192.0.2.1:2375")
	_, err := Open(t.Context(), Options{Image: "mysql:8.4", Port: testPort})
	if err == nil || !strings.Contains(err.Error(), "192.0.2.1:2375 is on another machine") {
		t.Errorf("got %v", err)
	}
}

// fakeDocker answers as Docker does, apart from what a test has it say.
func fakeDocker(t *testing.T, says map[string]func(http.ResponseWriter)) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if answer, ok := says[r.Method+" "+r.URL.Path]; ok {
			w.Header().Set("Content-Type", "application/json")
			answer(w)
			return
		}
		if r.URL.Path != "/_ping" {
			http.Error(w, `{"message":"no such thing"}`, http.StatusNotFound)
		}
	}))
	t.Cleanup(s.Close)
	t.Setenv("DOCKER_HOST", "tcp://"+s.Listener.Addr().String())
}

func TestImageThatCannotBePulled(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter){
		"refused at once": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusNotFound)
			w.Write([]byte(`{"message":"pull access denied for nobody/nothing\nand more"}`))
		},
		"refused on the way": func(w http.ResponseWriter) {
			w.Write([]byte(`{"status":"Pulling"}
				{"errorDetail":{"message":"pull access denied for nobody/nothing"},"error":"pull access denied"}`))
		},
	} {
		t.Run(name, func(t *testing.T) {
			fakeDocker(t, map[string]func(http.ResponseWriter){"POST /images/create": answer})
			guardian := &recorder{}
			_, err := Open(t.Context(), Options{Image: "nobody/nothing", Port: testPort, Guardian: guardian})
			const want = "database from a container: pull image nobody/nothing: pull access denied for nobody/nothing"
			if err == nil || err.Error() != want {
				t.Errorf("got %v", err)
			}
			if len(guardian.told) != 2 || !strings.HasPrefix(guardian.told[1], "forget") {
				t.Errorf("the guardian was told %q", guardian.told)
			}
		})
	}
}

// A container that Docker was still making when its owner died appears a moment later.
func TestRemoveContainerWaitsForALateOne(t *testing.T) {
	asked := 0
	fakeDocker(t, map[string]func(http.ResponseWriter){"DELETE /containers/late": func(w http.ResponseWriter) {
		if asked++; asked < 3 {
			w.WriteHeader(http.StatusNotFound)
		}
	}})
	if err := RemoveContainer(t.Context(), "late"); err != nil || asked != 3 {
		t.Errorf("asked %d times: %v", asked, err)
	}
	if err := RemoveContainer(t.Context(), "never"); err != nil {
		t.Errorf("one that never came: %v", err)
	}
}

func TestRepositoryAndTag(t *testing.T) {
	for image, want := range map[string][2]string{
		"mysql:8.4":                   {"mysql", "8.4"},
		"mariadb":                     {"mariadb", "latest"},
		"registry.local:5000/db":      {"registry.local:5000/db", "latest"},
		"registry.local:5000/db:v1":   {"registry.local:5000/db", "v1"},
		"mysql@sha256:0123":           {"mysql", "sha256:0123"},
		"mysql:8.4@sha256:0123456789": {"mysql", "sha256:0123456789"},
	} {
		if repository, tag := repositoryAndTag(image); repository != want[0] || tag != want[1] {
			t.Errorf("%s is %q and %q", image, repository, tag)
		}
	}
}

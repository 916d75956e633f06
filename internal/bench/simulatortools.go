package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
)

// generator is a public load generator, told to do what our buyers do: POST one hold after the other.
type generator struct {
	name string
	get  string // how to get it
	// arguments is its command line, without its name. Each runs as it comes: no process, thread or memory setting
	// but the number of connections.
	arguments func(post) []string
}

// post is the work: one request, over and over, on so many connections for so many seconds.
type post struct {
	url         string
	body        string
	connections int
	seconds     int
	dir         string // where the files of writeScripts are
}

func (p post) duration() string { return strconv.Itoa(p.seconds) + "s" }

func (p post) file(name string) string { return filepath.Join(p.dir, name) }

const jsonHeader = "Content-Type: application/json"

// abRequestsMax is more than ab can send in a second of its life; it must be told a number.
const abRequestsMax = 100_000

// generators lists those that are looked for, the cheapest first.
func generators() []generator {
	connections := func(p post) string { return strconv.Itoa(p.connections) }
	return []generator{
		{"wrk", "apt-get install wrk", func(p post) []string {
			return []string{"-t", strconv.Itoa(min(p.connections, runtime.NumCPU())), "-c", connections(p), "-d", p.duration(),
				"-s", p.file("post.lua"), p.url}
		}},
		{"bombardier", "see https://github.com/codesenberg/bombardier/releases", func(p post) []string {
			return []string{"-c", connections(p), "-d", p.duration(), "-m", "POST", "-H", jsonHeader, "-b", p.body, "-q", p.url}
		}},
		{"ab", "apt-get install apache2-utils", func(p post) []string {
			return []string{"-q", "-k", "-c", connections(p), "-t", strconv.Itoa(p.seconds),
				"-n", strconv.Itoa(p.seconds * abRequestsMax), "-T", "application/json", "-p", p.file("post.json"), p.url}
		}},
		{"oha", "cargo install oha", func(p post) []string {
			return []string{"-c", connections(p), "-z", p.duration(), "-m", "POST", "-T", "application/json", "-d", p.body,
				"--no-tui", p.url}
		}},
		{"hey", "apt-get install hey", func(p post) []string {
			return []string{"-c", connections(p), "-z", p.duration(), "-m", "POST", "-T", "application/json", "-d", p.body, p.url}
		}},
		{"vegeta", "go install github.com/tsenart/vegeta/v12@v12.12.0", func(p post) []string {
			return []string{"attack", "-targets", p.file("post.targets"), "-rate", "0", "-max-workers", connections(p),
				"-connections", connections(p), "-duration", p.duration(), "-output", p.file("vegeta.out")}
		}},
		{"k6", "see https://grafana.com/docs/k6/latest/set-up/install-k6", func(p post) []string {
			return []string{"run", "--quiet", "--no-usage-report", "--vus", connections(p), "--duration", p.duration(), p.file("post.js")}
		}},
	}
}

// writeScripts writes what some generators want in files: the request, in the language of each.
func (p post) writeScripts() error {
	for name, text := range map[string]string{
		"post.json": p.body,
		"post.lua": fmt.Sprintf("wrk.method = \"POST\"\nwrk.body = [[%s]]\nwrk.headers[\"Content-Type\"] = \"application/json\"\n",
			p.body),
		"post.targets": fmt.Sprintf("POST %s\n%s\n@%s\n", p.url, jsonHeader, p.file("post.json")),
		"post.js": fmt.Sprintf("import http from 'k6/http';\nexport default function () {\n  http.post('%s', '%s', "+
			"{headers: {'Content-Type': 'application/json'}});\n}\n", p.url, p.body),
	} {
		if err := os.WriteFile(p.file(name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

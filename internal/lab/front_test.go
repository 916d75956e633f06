package lab

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestFrontHasNoDatabase(t *testing.T) {
	isolate(t)
	l := start(t, Options{Kind: KindFront, Counter: CounterMemory, Products: twoProducts(), HoldTTL: time.Minute})
	told := get(t, l.URLs()[0]+"/told")
	for _, want := range []string{l.Secret(), "--counter memory", "--stock 1=20 --stock 9=7", "--hold-ttl 1m"} {
		if !strings.Contains(told, want) {
			t.Errorf("the front was not told %q: %s", want, told)
		}
	}
	if len(l.Logs()) != 1 || l.Database() != nil || l.DB() != nil {
		t.Errorf("logs %v, database %v", l.Logs(), l.Database())
	}
	cpu := l.CPU()
	if _, err := os.Stat("/proc/self/stat"); err == nil && (cpu.Servers == nil || cpu.Self == nil || cpu.Backing != nil) {
		t.Errorf("CPU %+v", cpu)
	}
}

func TestFrontOverRedis(t *testing.T) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip(ErrNoRedis)
	}
	isolate(t)
	l := start(t, Options{Kind: KindFront, Counter: CounterRedis, Products: twoProducts()})
	if !redisAnswers(l.redisAddr) {
		t.Error("Redis does not answer")
	}
	if told := get(t, l.URLs()[0]+"/told"); !strings.Contains(told, "--counter redis://"+l.redisAddr) {
		t.Errorf("told %s", told)
	}
	if _, err := os.Stat("/proc/self/stat"); err == nil && l.CPU().Backing == nil {
		t.Error("the CPU that Redis used is not known")
	}
	if len(l.Logs()) != 2 {
		t.Errorf("logs %v", l.Logs())
	}
	if err := l.redis.Process.Signal(9); err != nil { // not by way of the Daemon: nobody asked it to end
		t.Fatal(err)
	}
	await(t, l.Failed())
	if l.Err() == nil || !strings.Contains(l.Err().Error(), "redis") {
		t.Errorf("reported as %v", l.Err())
	}
}

func TestFrontWithoutRedis(t *testing.T) {
	isolate(t)
	t.Setenv("PATH", t.TempDir())
	l, err := Start(t.Context(), Options{Kind: KindFront, Counter: CounterRedis, Binary: os.Args[0]})
	if !errors.Is(err, ErrNoRedis) {
		t.Errorf("started %v: %v", l, err)
	}
}

func TestParseStat(t *testing.T) {
	line := "42 (a) b) S 1 42 42 0 -1 4194560 900 0 0 0 150 25 0 0 20 0 9 0 1000 1 2 3"
	if used, ok := parseStat(line); !ok || used != 1750*time.Millisecond {
		t.Errorf("%v, %t", used, ok)
	}
	if _, ok := parseStat("42 (cut) S 1 2"); ok {
		t.Error("a cut line was parsed")
	}
}

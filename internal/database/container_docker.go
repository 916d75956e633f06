package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/ory/dockertest/v3"
	"github.com/ory/dockertest/v3/docker"
)

// Waits for Docker itself. A pull moves half a gigabyte over whatever line there is.
const (
	dockerWait = 5 * time.Second
	pullWait   = 15 * time.Minute
)

// errNoDocker says that nothing here looks like Docker: there is nothing to complain about.
var errNoDocker = errors.New("there is no Docker on this machine")

// reachDocker connects to the Docker that DOCKER_HOST names, or to the usual socket, and makes sure that it
// answers and is on this machine.
func reachDocker(ctx context.Context, searchPath []string) (*docker.Client, error) {
	pool, err := dockertest.NewPool("")
	if err != nil {
		return nil, fmt.Errorf("set up Docker's client: %w", err)
	}
	if err := onThisMachine(pool.Client.Endpoint()); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, dockerWait)
	defer cancel()
	err = pool.Client.PingWithContext(ctx) // NewPool is content without any Docker
	if errors.Is(err, fs.ErrNotExist) && !dockerInstalled(searchPath) {
		return nil, errNoDocker
	}
	if err != nil {
		return nil, fmt.Errorf("docker does not answer at %s: %w", pool.Client.Endpoint(), plain(err))
	}
	return pool.Client, nil
}

func dockerInstalled(searchPath []string) bool {
	for _, dir := range searchPath {
		if executable(filepath.Join(dir, "docker")) {
			return true
		}
	}
	return false
}

// onThisMachine refuses a Docker elsewhere: its containers' ports are bound to ITS loopback interface, out
// of our reach, and bound to any other they would be within everybody's.
func onThisMachine(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil {
		return fmt.Errorf("docker's address: %w", err)
	}
	if u.Scheme == "unix" || u.Scheme == "npipe" || u.Hostname() == "localhost" {
		return nil
	}
	if ip := net.ParseIP(u.Hostname()); ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("the Docker at %s is on another machine: start a database there and name it with --dsn", endpoint)
}

// pull fetches an image that is not here. It asks as nobody in particular: what needs a login has to be
// pulled by its owner.
func pull(ctx context.Context, client *docker.Client, image string) error {
	ctx, cancel := context.WithTimeout(ctx, pullWait)
	defer cancel()
	repository, tag := repositoryAndTag(image)
	err := client.PullImage(docker.PullImageOptions{Repository: repository, Tag: tag, Context: ctx},
		docker.AuthConfiguration{})
	if err != nil {
		return fmt.Errorf("pull image %s: %w", image, plain(err))
	}
	return nil
}

// repositoryAndTag splits an image's name. Without a tag it means the one called latest; Docker's API would
// pull them all.
func repositoryAndTag(image string) (repository, tag string) {
	repository, tag = docker.ParseRepositoryTag(image)
	if _, digest, ok := strings.Cut(image, "@"); ok {
		return repository, digest
	}
	if tag == "" {
		tag = "latest"
	}
	return repository, tag
}

// plain reduces an error of Docker's client to what Docker had to say, on one line.
func plain(err error) error {
	var refused *docker.Error
	var transport *url.Error
	switch {
	case errors.As(err, &refused):
		err = errors.New(refused.Message)
	case errors.As(err, &transport):
		err = transport.Err // without "Get http://unix.sock/..."
	}
	if line, _, more := strings.Cut(strings.TrimSpace(err.Error()), "\n"); more {
		return errors.New(line)
	}
	return err
}

// RemoveContainer removes a container and its data by name. It is for whoever cleans up after a process
// that died, which may have happened while Docker was making the container: one that is not there is waited
// for, two seconds at most, and that it never came is no error.
func RemoveContainer(ctx context.Context, name string) error {
	client, err := reachDocker(ctx, nil)
	if err != nil {
		return fmt.Errorf("remove container %s: %w", name, err)
	}
	enough := time.NewTimer(lateWait)
	defer enough.Stop()
	poll := time.NewTicker(latePoll)
	defer poll.Stop()
	for {
		err := remove(ctx, client, name)
		var absent *docker.NoSuchContainer
		if !errors.As(err, &absent) {
			return err
		}
		select {
		case <-poll.C:
		case <-enough.C:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("remove container %s: %w", name, ctx.Err())
		}
	}
}

// Making a container takes Docker a tenth of a second; on a busy machine, one.
const lateWait, latePoll = 2 * time.Second, 100 * time.Millisecond

// remove ends a container at once, with SIGKILL: nobody will ever need what it would have written.
func remove(ctx context.Context, client *docker.Client, name string) error {
	err := client.RemoveContainer(docker.RemoveContainerOptions{
		ID: name, Force: true, RemoveVolumes: true, Context: ctx,
	})
	if err != nil {
		return fmt.Errorf("remove container %s: %w", name, plain(err))
	}
	return nil
}

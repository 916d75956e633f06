package database

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/ory/dockertest/v3/docker"
)

// serverPort is where every server listens inside its container.
const serverPort docker.Port = "3306/tcp"

// containerData is where its data is, in every official image.
const containerData = "/var/lib/mysql"

// create makes the container. It does not heed a cancelled ctx: it takes a moment, and a request given up
// halfway would leave a container that appears after we have looked for it.
func (c *Container) create(ctx context.Context, port int) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), containerStartWait)
	defer cancel()
	host := &docker.HostConfig{
		PortBindings: map[docker.Port][]docker.PortBinding{
			serverPort: {{HostIP: "127.0.0.1", HostPort: strconv.Itoa(port)}},
		},
	}
	if c.diskBytes > 0 {
		host.Tmpfs = map[string]string{containerData: fmt.Sprintf("rw,size=%d", c.diskBytes)}
	}
	_, err := c.client.CreateContainer(docker.CreateContainerOptions{
		Name:    c.name,
		Context: ctx,
		Config: &docker.Config{
			Image:        c.image,
			Cmd:          c.flags(),
			Env:          []string{"MYSQL_ROOT_PASSWORD=" + c.config.Passwd, "MARIADB_ROOT_PASSWORD=" + c.config.Passwd},
			ExposedPorts: map[docker.Port]struct{}{serverPort: {}},
			Labels:       map[string]string{containerLabel: "database"},
		},
		HostConfig: host,
	})
	return err
}

// flags are for a server of which we do not know yet whether it is MySQL or MariaDB.
func (c *Container) flags() []string {
	log := redo(c.diskBytes)
	return append(serverFlags(c.unsafe), "--loose-innodb-redo-log-capacity="+log, "--loose-innodb-log-file-size="+log,
		"--loose-mysqlx=OFF", "--loose-binlog-order-commits=ON")
}

// run starts the container that was made.
func (c *Container) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, containerStartWait)
	defer cancel()
	err := c.client.StartContainerWithContext(c.name, nil, ctx)
	if err == nil {
		return nil
	}
	err = plain(err)
	for _, taken := range []string{"port is already allocated", "address already in use"} { // by a container, by others
		if strings.Contains(err.Error(), taken) {
			err = errPortTaken
		}
	}
	return fmt.Errorf("start a container of %s: %w", c.image, err)
}

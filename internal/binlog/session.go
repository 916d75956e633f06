package binlog

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/client"
	"github.com/go-mysql-org/go-mysql/mysql"
)

// A connection that has been silent for so long is dead: the server has something to say more often.
const (
	heartbeat = 400 * time.Millisecond
	silence   = 2 * time.Second
)

// session is one replication connection. It is read by one goroutine; ending the context that it was opened
// with breaks whatever it waits for.
type session struct {
	conn *client.Conn
	free func()
}

// connect logs in.
func (s *server) connect(ctx context.Context) (*session, error) {
	conn, free, err := s.login(ctx, s.config.TLS)
	if err != nil && s.config.AllowFallbackToPlaintext && ctx.Err() == nil {
		conn, free, err = s.login(ctx, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("connect to %s to follow its binlog: %w", s.config.Addr, plain(err))
	}
	return &session{conn: conn, free: free}, nil
}

func (s *server) login(ctx context.Context, secure *tls.Config) (_ *client.Conn, free func(), err error) {
	free = func() {}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		dialer := net.Dialer{Timeout: silence}
		raw, err := dialer.DialContext(ctx, network, address)
		if err == nil {
			stop := context.AfterFunc(ctx, func() { raw.Close() })
			free = func() {
				stop()
				raw.Close()
			}
		}
		return raw, err
	}
	conn, err := client.ConnectWithDialer(ctx, s.config.Net, s.config.Addr, s.config.User, s.config.Passwd, "", dial,
		func(c *client.Conn) error {
			c.ReadTimeout, c.WriteTimeout = silence, silence
			c.SetTLSConfig(secure)
			return nil
		})
	if err != nil {
		free()
		return nil, nil, err
	}
	return conn, free, nil
}

func (s *session) close() { s.free() }

// identify says which server this is: whoever has another answer has another log.
func (s *session) identify() (string, error) {
	found, err := s.conn.Execute(
		"SHOW GLOBAL VARIABLES WHERE Variable_name IN ('server_id', 'server_uuid', 'server_uid')")
	if err != nil {
		return "", fmt.Errorf("ask the server who it is: %w", plain(err))
	}
	defer found.Close()
	var answers []string
	for row := range found.RowNumber() {
		name, errName := found.GetString(row, 0)
		value, errValue := found.GetString(row, 1)
		if err := errors.Join(errName, errValue); err != nil {
			return "", fmt.Errorf("ask the server who it is: %w", err)
		}
		answers = append(answers, name+" "+value)
	}
	slices.Sort(answers)
	return strings.Join(answers, ", "), nil
}

// logs lists the files of the binlog that the server still has, oldest first.
func (s *session) logs() ([]string, error) {
	found, err := s.conn.Execute("SHOW BINARY LOGS")
	if err != nil {
		return nil, fmt.Errorf("list the binlog's files: %w", plain(err))
	}
	defer found.Close()
	var logs []string
	for row := range found.RowNumber() {
		name, err := found.GetString(row, 0)
		if err != nil {
			return nil, fmt.Errorf("list the binlog's files: %w", err)
		}
		logs = append(logs, name)
	}
	return logs, nil
}

// dump asks for the log from a position on. A replica id, the same at every call, lets the server end what
// it still sends to a connection of ours that broke.
func (s *session) dump(from Position, replica uint32) error {
	// The names are those of old servers and of new ones; one that means nothing to a server is just a variable.
	// Capability 4: MariaDB may send its GTIDs.
	_, err := s.conn.Execute(fmt.Sprintf("SET @master_binlog_checksum = 'NONE', @source_binlog_checksum = 'NONE', "+
		"@master_heartbeat_period = %[1]d, @source_heartbeat_period = %[1]d, @mariadb_slave_capability = 4, "+
		"@slave_uuid = '%[2]s', @replica_uuid = '%[2]s'", heartbeat.Nanoseconds(), replicaUUID(replica)))
	if err != nil {
		return fmt.Errorf("prepare to follow the binlog: %w", plain(err))
	}
	command := make([]byte, 4, 64) // room for the packet's header
	command = append(command, mysql.COM_BINLOG_DUMP)
	command = binary.LittleEndian.AppendUint32(command, uint32(from.Offset))
	command = binary.LittleEndian.AppendUint16(command, 0)
	command = binary.LittleEndian.AppendUint32(command, replica)
	command = append(command, from.Log...)
	s.conn.ResetSequence()
	if err := s.conn.WritePacket(command); err != nil {
		return fmt.Errorf("ask for the binlog: %w", plain(err))
	}
	return nil
}

func replicaUUID(replica uint32) string { return fmt.Sprintf("f1a5405a-1e00-4000-8000-%012x", replica) }

// next reads the bytes of one event.
func (s *session) next() ([]byte, error) {
	packet, err := s.conn.ReadPacket()
	if err != nil {
		return nil, plain(err)
	}
	switch {
	case len(packet) == 0:
		return nil, io.ErrUnexpectedEOF
	case packet[0] == mysql.ERR_HEADER:
		return nil, plain(s.conn.HandleErrorPacket(packet))
	case packet[0] == mysql.EOF_HEADER:
		return nil, errors.New("the server has ended the stream")
	}
	return packet[1:], nil
}

// refused returns the server's number and words for an error; 0 if it is not the server's.
func refused(err error) (number uint16, message string) {
	var answer *mysql.MyError
	if errors.As(err, &answer) {
		return answer.Code, answer.Message
	}
	return 0, ""
}

// plain takes the library's stack traces and repetitions off an error.
func plain(err error) error {
	var answer *mysql.MyError
	if errors.As(err, &answer) {
		return answer
	}
	var network net.Error
	if errors.As(err, &network) {
		return network
	}
	return err
}

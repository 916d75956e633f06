package database

import (
	"context"
	"fmt"
	"testing"
	"time"
)

func TestZZMaria(t *testing.T) { zz(t, mustOpenPrivate(t, func(o *Options) { o.DiskBytes = DiskBytesMin })) }
func TestZZMySQL(t *testing.T) {
	zz(t, mustOpenContainer(t, Options{Image: "flashsale-test/mysql", LogFile: "/tmp/B6db/zz-mysql.log", DiskBytes: DiskBytesMin, Died: func(err error) { t.Log("DIED ", err) }}))
}
func zz(t *testing.T, s *Server) {
	ctx := t.Context()
	db := testTable(t, s, s.DSN)
	db.ExecContext(ctx, "CREATE TABLE u (id INT PRIMARY KEY, v INT)")
	db.ExecContext(ctx, "INSERT INTO u VALUES (1,0),(2,0),(3,0)")
	s.Disk().Fill(ctx)
	start := time.Now()
	log := func(a ...any) { t.Log(append([]any{time.Since(start).Round(time.Millisecond), " "}, a...)...) }
	conn, _ := db.Conn(ctx)
	var id int64
	conn.QueryRowContext(ctx, "SELECT CONNECTION_ID()").Scan(&id)
	go func() {
		time.Sleep(3 * time.Second)
		_, err := db.ExecContext(ctx, fmt.Sprintf("KILL %d", id))
		log("KILL ", err)
	}()
	n := 0
	for {
		q, c := context.WithTimeout(ctx, 20*time.Second)
		_, err := conn.ExecContext(q, "INSERT INTO t (filling) VALUES (REPEAT('x',3000))")
		c()
		if err != nil {
			log("insert ", n, err)
			break
		}
		n++
	}
	q, c := context.WithTimeout(ctx, 2*time.Second)
	_, err := db.ExecContext(q, "UPDATE u SET v = 1 WHERE id = 1")
	c()
	log("update ", err)
	log("knock ", s.Victim().Knock(ctx))
	s.Disk().Free(ctx)
	for i := range 3 {
		q, c := context.WithTimeout(ctx, 61*time.Second)
		_, err = db.ExecContext(q, "UPDATE u SET v = 2 WHERE id = 2")
		c()
		log("update ", i, err)
		_, err = db.ExecContext(ctx, "SHOW BINLOG EVENTS")
		log(err)
	}
	var cnt int
	db.QueryRow("SELECT COUNT(*) FROM t").Scan(&cnt)
	log("rows ", cnt, " of ", n)
	_, says, err := s.Disk().Full(ctx)
	log(says, err)
}

package road_test

import (
	"io"
	"net"
	"testing"

	"flashsale/internal/lab/internal/road"
)

// What a road in clear weather costs each request, against none: 64 connections, 200 bytes there and back.
func BenchmarkRequest(b *testing.B) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go echo(conn)
		}
	}()
	direct := listener.Addr().String()
	for name, d := range map[string]road.Dialect{"http": road.HTTP, "mysql": road.MySQL} {
		from, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		r := road.New(from, "tcp", direct, d)
		defer r.Close()
		b.Run(name, func(b *testing.B) { askInParallel(b, r.Addr()) })
	}
	b.Run("direct", func(b *testing.B) { askInParallel(b, direct) })
}

func askInParallel(b *testing.B, addr string) {
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			b.Error(err)
			return
		}
		defer conn.Close()
		message := make([]byte, 200)
		for pb.Next() {
			if _, err := conn.Write(message); err != nil {
				b.Error(err)
				return
			}
			if _, err := io.ReadFull(conn, message); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

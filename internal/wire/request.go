package wire

import "strconv"

// The functions below append the parts of a request, in this order: start, headers, then body or end. Names
// and values are the caller's own and hold neither CR nor LF.

// AppendStart begins a request.
func AppendStart[P string | []byte](b []byte, method string, path P, host string) []byte {
	b = append(append(b, method...), ' ')
	b = append(append(b, path...), " HTTP/1.1\r\nHost: "...)
	return append(append(b, host...), "\r\n"...)
}

// AppendHeader adds a header.
func AppendHeader(b []byte, name, value string) []byte {
	b = append(append(b, name...), ": "...)
	return append(append(b, value...), "\r\n"...)
}

// AppendBody ends a request with a body.
func AppendBody(b []byte, contentType string, body []byte) []byte {
	b = AppendHeader(b, "Content-Type", contentType)
	b = strconv.AppendInt(append(b, "Content-Length: "...), int64(len(body)), 10)
	return append(append(b, "\r\n\r\n"...), body...)
}

// AppendEnd ends a request that has no body.
func AppendEnd(b []byte) []byte { return append(b, "\r\n"...) }

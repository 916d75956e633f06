// Package load drives a checkout server in a closed loop (every connection sends its next request when the last is
// answered) or in an open one (requests go out on a schedule, whatever the server does), and costs the machine as
// little as it can: what is compared shares its cores. Requests are bytes that were prepared once, answers are read
// as far as they are needed. Every answer's status is checked; one that is not the expected ends the load, for what
// is compared must be the same work.
package load

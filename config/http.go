package config

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what a worker counts. Labels hold sites, tracers and results
// only, never tokens.
type metrics struct {
	registry *prometheus.Registry
	jobs     *prometheus.CounterVec
	seconds  prometheus.Histogram
	listed   prometheus.Counter
	notices  *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		jobs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tacstream_jobs_total", Help: "Jobs that came to an end, by how: estimated, failed, inconsistent, stale, handed-back, error, dead.",
		}, []string{"result"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tacstream_job_seconds", Help: "Time from taking a job to settling it.", Buckets: prometheus.ExponentialBuckets(0.1, 2, 12),
		}),
		listed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tacstream_recovered_by_listing_total", Help: "Changes that the lister found and no notice had told.",
		}),
	}
	m.notices = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tacstream_notices_not_followed_total", Help: "Notices that were not followed, by their source and why: refused, malformed, beyond the limit of one message, or of an object that the store does not hand out.",
	}, []string{"source", "why"})
	m.registry.MustRegister(m.jobs, m.seconds, m.listed, m.notices)
	return m
}

// serveHTTP serves /metrics, /healthz (the process lives) and /readyz (it
// reaches NATS) until ctx ends.
func (l *Line) serveHTTP(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(l.metrics.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !l.Conn.IsConnected() {
			http.Error(w, "NATS is away", http.StatusServiceUnavailable)
		}
	})
	listener, err := net.Listen("tcp", l.Config.HTTP)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

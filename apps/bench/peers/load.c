// The other end of a server that sends everything back, as cheap as it can be made:
// load echo|churn|udp PORT BYTES CONNECTIONS SECONDS
//
// echo: each connection sends BYTES and waits until they are back, again and again.
// churn: each connection is closed after one such round trip, and made anew.
// udp: each socket sends one datagram, and waits until it is back. What is lost is sent again.
// Prints {"rate": round trips a second, "p50": ..., "p99": microseconds of one}.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 512, MICROSECONDS = 1 << 20 };

typedef struct {
  int fd;
  size_t sent, received;
  int64_t began;
} Connection;

static const char* mode;
static struct sockaddr_in server;
static size_t bytes;
static char* message;
static int epoll_fd;
static int64_t round_trips;
static uint32_t took[MICROSECONDS];  // how many round trips took so many microseconds

static int64_t now(void) {  // microseconds
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void fail(const char* what) {
  fprintf(stderr, "Error: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void go_on(Connection* one) {
  while (one->sent < bytes) {
    ssize_t n = send(one->fd, message + one->sent, bytes - one->sent, MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == ENOTCONN || errno == EINPROGRESS)) return;
    if (n < 0) fail("send");
    one->sent += (size_t)n;
  }
}

static void begin(Connection* one) {
  one->sent = one->received = 0;
  one->began = now();
  go_on(one);
}

static void open_one(Connection* one) {
  int is_udp = strcmp(mode, "udp") == 0, yes = 1;
  one->fd = socket(AF_INET, (is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK, 0);
  if (one->fd < 0) fail("socket");
  if (!is_udp) setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (strcmp(mode, "churn") == 0) {
    // Ports that were just used can be used again: a reset instead of a farewell.
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(one->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  if (connect(one->fd, (struct sockaddr*)&server, sizeof server) && errno != EINPROGRESS)
    fail("connect");
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = one};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, one->fd, &event)) fail("epoll_ctl");
  begin(one);
}

static void finish(Connection* one) {
  int64_t time = now() - one->began;
  took[time < MICROSECONDS ? time : MICROSECONDS - 1]++;
  round_trips++;
  if (strcmp(mode, "churn") == 0) {
    close(one->fd);
    open_one(one);
  } else {
    begin(one);
  }
}

static void take(Connection* one) {
  static char into[1 << 16];
  for (;;) {
    size_t left = bytes - one->received;
    ssize_t n = recv(one->fd, into, left < sizeof into ? left : sizeof into, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0) fail("recv");
    if (n == 0) {
      errno = ECONNRESET;
      fail("the server closed a connection");
    }
    one->received += (size_t)n;
    if (one->received < bytes) continue;
    finish(one);
    return;
  }
}

static int64_t quantile(double q) {
  int64_t until = (int64_t)((double)round_trips * q), seen = 0;
  for (int64_t i = 0; i < MICROSECONDS; i++) {
    seen += took[i];
    if (seen > until) return i;
  }
  return MICROSECONDS;
}

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  mode = argv[1];
  server = (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)atoi(argv[2])),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  bytes = (size_t)atol(argv[3]);
  int count = atoi(argv[4]);
  int64_t length = (int64_t)(atof(argv[5]) * 1e6);
  message = malloc(bytes);
  memset(message, 'x', bytes);
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);

  epoll_fd = epoll_create1(0);
  Connection* all = calloc((size_t)count, sizeof *all);
  for (int i = 0; i < count; i++) {
    open_one(&all[i]);
    // Not more at once than the server's backlog holds.
    if (i % 100 == 99) usleep(2000);
  }
  int64_t start = now(), counted = 0, warm = start + length / 4, end = warm + length;
  static struct epoll_event events[BATCH];
  for (int64_t time = start; time < end; time = now()) {
    int n = epoll_wait(epoll_fd, events, BATCH, 100);
    for (int i = 0; i < n; i++) {
      Connection* one = events[i].data.ptr;
      if (events[i].events & EPOLLOUT) go_on(one);
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) take(one);
    }
    for (int i = 0; n == 0 && i < count && strcmp(mode, "udp") == 0; i++) begin(&all[i]);
    if (counted == 0 && time >= warm) {
      counted = time;
      round_trips = 0;
      memset(took, 0, sizeof took);
      puts("warm");
      fflush(stdout);
    }
  }
  double seconds = (double)(now() - counted) / 1e6;
  printf("{\"rate\": %.1f, \"p50\": %ld, \"p99\": %ld, \"roundTrips\": %ld}\n",
         (double)round_trips / seconds, (long)quantile(0.5), (long)quantile(0.99),
         (long)round_trips);
}

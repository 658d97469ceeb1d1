// A link between two network namespaces that delays, loses and holds back packets as a real line does. It stands in
// for `tc netem`, which many kernels are built without.
//
//     link NAMESPACE_A NAMESPACE_B DEVICE
//
// makes a TUN device of that name in each namespace and carries every packet that is routed into the one out of the
// other. Each direction is a line of its own, in two stages:
//
//     read -> [ queue ] --- at the rate, one packet after the other ---> ( on its way ) --- delay ---> write
//                 \ full: the packet is dropped                                 \ lost by chance
//
// Commands come on standard input, a line each, and are answered on standard output with one line each:
//
//     delay MILLISECONDS      one way
//     loss PERCENT            of the packets, each by itself
//     rate BITS_PER_SECOND    of IP packets; 0 knows no limit
//     queue BYTES             of what waits for the rate
//     counters                answered with a line of JSON
//
// Both directions get the same values. A change counts for the packets that enter a stage from then on, and packets
// never overtake one another. The first line on standard output is "ready"; the end of standard input is the end of
// the link, so it never outlives who started it.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
  LARGEST_PACKET = 65535,
  // So that a flood through a long delay fills the queue's counter and not the machine's memory.
  MOST_PACKETS = 50000,
  // Between two looks at the clock: so many packets are read of one device.
  PACKETS_AT_ONCE = 64,
};

typedef int64_t nanoseconds;

#define NEVER INT64_MAX
static const nanoseconds SECOND = 1000000000;

struct packet {
  struct packet *next;
  nanoseconds due;  // when it arrives; known once it is on its way
  size_t length;
  unsigned char bytes[];
};

// First in, first out.
struct line {
  struct packet *first, *last;
  size_t count, bytes;
};

struct direction {
  int from, to;             // the devices
  struct line queue;        // its first packet is the one that is being sent
  nanoseconds sent_at;      // when that one will have left; NEVER where the queue is empty
  struct line on_its_way;
  uint64_t offered, delivered, delivered_bytes, lost, dropped;
};

static struct {
  nanoseconds delay;
  double loss;              // 0 to 1
  double rate;              // bits a second; 0 is without limit
  size_t queue;             // bytes
} values = { .queue = 64000 };

static struct direction directions[2] = { { .sent_at = NEVER }, { .sent_at = NEVER } };

static void fail(const char *what) {
  fprintf(stderr, "link: %s: %s\n", what, strerror(errno));
  exit(1);
}

static nanoseconds now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * SECOND + time.tv_nsec;
}

// --- Lines of packets

static void append(struct line *line, struct packet *packet) {
  packet->next = NULL;
  if (line->last) line->last->next = packet;
  else line->first = packet;
  line->last = packet;
  line->count++;
  line->bytes += packet->length;
}

static struct packet *take_first(struct line *line) {
  struct packet *packet = line->first;
  line->first = packet->next;
  if (!line->first) line->last = NULL;
  line->count--;
  line->bytes -= packet->length;
  return packet;
}

// --- The two stages

static nanoseconds time_to_send(const struct packet *packet) {
  return values.rate > 0 ? (nanoseconds)(packet->length * 8 / values.rate * SECOND) : 0;
}

// The packet has left the queue at `time` and is under way, unless chance has it lost.
static void set_out(struct direction *direction, struct packet *packet, nanoseconds time) {
  if (drand48() < values.loss) {
    direction->lost++;
    free(packet);
    return;
  }
  packet->due = time + values.delay;
  append(&direction->on_its_way, packet);
}

// A packet has come from the device at `time`.
static void enter(struct direction *direction, struct packet *packet, nanoseconds time) {
  struct line *queue = &direction->queue;
  direction->offered++;
  bool full = values.rate > 0 && queue->count > 0 && queue->bytes + packet->length > values.queue;
  if (full || queue->count + direction->on_its_way.count >= MOST_PACKETS) {
    direction->dropped++;
    free(packet);
    return;
  }
  append(queue, packet);
  if (queue->count == 1) direction->sent_at = time + time_to_send(packet);
}

// Moves on everything whose time has come by `time`.
static void advance(struct direction *direction, nanoseconds time) {
  while (direction->queue.count > 0 && direction->sent_at <= time) {
    nanoseconds left_at = direction->sent_at;
    set_out(direction, take_first(&direction->queue), left_at);
    const struct packet *next = direction->queue.first;
    direction->sent_at = next ? left_at + time_to_send(next) : NEVER;
  }
  while (direction->on_its_way.count > 0 && direction->on_its_way.first->due <= time) {
    struct packet *packet = take_first(&direction->on_its_way);
    // A device that is down refuses it, as a pulled cable would.
    if (write(direction->to, packet->bytes, packet->length) == (ssize_t)packet->length) {
      direction->delivered++;
      direction->delivered_bytes += packet->length;
    } else {
      direction->lost++;
    }
    free(packet);
  }
}

// When something is to be moved on next.
static nanoseconds next_event(const struct direction *direction) {
  nanoseconds arrival = direction->on_its_way.count > 0 ? direction->on_its_way.first->due : NEVER;
  return arrival < direction->sent_at ? arrival : direction->sent_at;
}

// --- Devices

static int open_device(const char *namespace, const char *name) {
  char path[256];
  snprintf(path, sizeof path, "/run/netns/%s", namespace);
  int handle = open(path, O_RDONLY | O_CLOEXEC);
  if (handle < 0 || setns(handle, CLONE_NEWNET) < 0) fail(namespace);
  close(handle);

  // The device belongs to the namespace in which it was made, whoever holds it.
  int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (device < 0) fail("/dev/net/tun");
  struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
  if (ioctl(device, TUNSETIFF, &request) < 0) fail(name);
  return device;
}

static void read_device(struct direction *direction) {
  static unsigned char buffer[LARGEST_PACKET];
  for (int i = 0; i < PACKETS_AT_ONCE; i++) {
    ssize_t length = read(direction->from, buffer, sizeof buffer);
    if (length <= 0) return;
    struct packet *packet = malloc(sizeof *packet + (size_t)length);
    if (!packet) fail("memory");
    packet->length = (size_t)length;
    memcpy(packet->bytes, buffer, (size_t)length);
    enter(direction, packet, now());
  }
}

// --- Commands

static void print_counters(void) {
  printf("[");
  for (int i = 0; i < 2; i++) {
    const struct direction *direction = &directions[i];
    printf("%s{\"offered\":%ju,\"delivered\":%ju,\"deliveredBytes\":%ju,\"lost\":%ju,\"dropped\":%ju,\"waiting\":%zu}",
           i ? "," : "", (uintmax_t)direction->offered, (uintmax_t)direction->delivered,
           (uintmax_t)direction->delivered_bytes, (uintmax_t)direction->lost, (uintmax_t)direction->dropped,
           direction->queue.count + direction->on_its_way.count);
  }
  printf("]\n");
}

static void obey(const char *command) {
  double value;
  if (strcmp(command, "counters") == 0) {
    print_counters();
  } else if (sscanf(command, "delay %lf", &value) == 1 && value >= 0) {
    values.delay = (nanoseconds)(value * 1e6);
    puts("ok");
  } else if (sscanf(command, "loss %lf", &value) == 1 && value >= 0 && value <= 100) {
    values.loss = value / 100;
    puts("ok");
  } else if (sscanf(command, "rate %lf", &value) == 1 && value >= 0) {
    values.rate = value;
    // What is being sent goes on at the new rate, or the old one would hold it for long.
    for (int i = 0; i < 2; i++) {
      if (directions[i].queue.count > 0) directions[i].sent_at = now() + time_to_send(directions[i].queue.first);
    }
    puts("ok");
  } else if (sscanf(command, "queue %lf", &value) == 1 && value >= 0) {
    values.queue = (size_t)value;
    puts("ok");
  } else {
    printf("not understood: %s\n", command);
  }
}

// Obeys every whole line that has come. False at the end of standard input.
static bool read_commands(void) {
  static char text[1024];
  static size_t length;
  ssize_t more = read(STDIN_FILENO, text + length, sizeof text - 1 - length);
  if (more <= 0) return false;
  length += (size_t)more;
  text[length] = '\0';

  char *line = text;
  for (char *end; (end = strchr(line, '\n')); line = end + 1) {
    *end = '\0';
    obey(line);
  }
  fflush(stdout);
  length -= (size_t)(line - text);
  memmove(text, line, length);
  return length < sizeof text - 1;
}

// --- The loop

int main(int count, char **arguments) {
  if (count != 4) {
    fprintf(stderr, "usage: link NAMESPACE_A NAMESPACE_B DEVICE\n");
    return 2;
  }
  srand48(now());
  int a = open_device(arguments[1], arguments[3]);
  int b = open_device(arguments[2], arguments[3]);
  directions[0].from = directions[1].to = a;
  directions[0].to = directions[1].from = b;

  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (timer < 0) fail("timer");
  puts("ready");
  fflush(stdout);

  struct pollfd sources[] = { { a, POLLIN, 0 }, { b, POLLIN, 0 }, { timer, POLLIN, 0 }, { STDIN_FILENO, POLLIN, 0 } };
  for (;;) {
    nanoseconds next = NEVER;
    for (int i = 0; i < 2; i++) {
      advance(&directions[i], now());
      nanoseconds event = next_event(&directions[i]);
      if (event < next) next = event;
    }
    // A time of zero would switch the timer off, which is right where nothing is under way.
    struct itimerspec alarm = { 0 };
    if (next != NEVER) alarm.it_value = (struct timespec){ .tv_sec = next / SECOND, .tv_nsec = next % SECOND };
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &alarm, NULL);

    if (poll(sources, 4, -1) < 0 && errno != EINTR) fail("poll");
    for (int i = 0; i < 2; i++) {
      // The device went with its namespace.
      if (sources[i].revents & (POLLERR | POLLHUP | POLLNVAL)) return 0;
      if (sources[i].revents & POLLIN) read_device(&directions[i]);
    }
    if ((sources[3].revents & (POLLIN | POLLHUP)) && !read_commands()) return 0;
  }
}

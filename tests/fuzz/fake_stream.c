#include "fake_stream.h"

struct net_stream {
	const uint8_t *data;
	size_t size;
	guint step;
};

static net_stream only;

void
fake_stream_say(const uint8_t *data, size_t size)
{
	only = (net_stream){data, size, 0};
}

net_stream *
net_stream_open(const net_account *account, GError **error)
{
	(void)account, (void)error;
	return &only;
}

void
net_stream_close(net_stream *s)
{
	(void)s;
}

/* In pieces of many sizes. */
gssize
net_stream_read(net_stream *s, void *buf, gsize len)
{
	static const gsize pieces[] = {1, 7, 64, 4096, 3, 17, 1000};
	gsize piece = pieces[s->step++ % G_N_ELEMENTS(pieces)], n = MIN(MIN(len, s->size), piece);

	if (n > 0)
		memcpy(buf, s->data, n);
	s->data += n;
	s->size -= n;
	return (gssize)n;
}

gssize
net_stream_write(net_stream *s, const void *buf, gsize len)
{
	(void)s, (void)buf;
	return (gssize)len;
}

int
net_stream_wait(net_stream *s, int ms)
{
	(void)ms;
	return s->size > 0 ? 1 : -1;
}

int
net_stream_fd(const net_stream *s)
{
	(void)s;
	return -1;
}

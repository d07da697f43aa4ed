#include "cert/store.h"

#include <pthread.h>
#include <stdlib.h>

struct cert_store {
    pthread_mutex_t lock;
    struct cert_bundle *current;
};

struct cert_store *cert_store_new(void)
{
    struct cert_store *s = calloc(1, sizeof(*s));
    if (s)
        pthread_mutex_init(&s->lock, NULL);
    return s;
}

void cert_store_free(struct cert_store *s)
{
    if (!s)
        return;
    cert_bundle_unref(s->current);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

struct cert_bundle *cert_store_ref(struct cert_store *s)
{
    pthread_mutex_lock(&s->lock);
    struct cert_bundle *b = s->current ? cert_bundle_ref(s->current) : NULL;
    pthread_mutex_unlock(&s->lock);
    return b;
}

void cert_store_replace(struct cert_store *s, struct cert_bundle *fresh)
{
    pthread_mutex_lock(&s->lock);
    struct cert_bundle *old = s->current;
    s->current = fresh;
    pthread_mutex_unlock(&s->lock);
    cert_bundle_unref(old);
}

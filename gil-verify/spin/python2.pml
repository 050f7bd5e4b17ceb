/* The tick GIL of CPython 2: a semaphore, and an owner that now and then posts it and waits for it
   again, in two sections, whether anybody waits or not. */

#define SEMAPHORE 0
#define TICKS

#include "common.pml"

hidden byte chosen;         /* whom a post would wake */

#define choose(me) choose_from(me, SEMAPHORE, chosen)

inline post() {
    if
    :: chosen != NOBODY -> notify(chosen)
    :: else
    fi
}

inline acquire(me) {
    if
#ifdef MUTANT_TAKES_A_HELD_LOCK
    :: true -> owns(me)
#else
    :: owner == NOBODY -> owns(me)
#endif
    :: else -> wait(me, SEMAPHORE, false)
    fi
}

inline release(me) {
    free_lock(me);
#ifndef MUTANT_DROPS_A_WAKE_UP
    post();
#endif
    left(me)
}

inline safepoint(me) {
    free_lock(me);
    post();
    come_back(me)
}

inline woken(me, which, has_expired) {
    acquire(me)
}

inline retry(me) {
    acquire(me)
}

inline cancel(me, in_hand) {
    if
    :: in_hand && owner == NOBODY -> post()
    :: else
    fi
}

#include "threads.pml"

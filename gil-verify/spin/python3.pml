/* The GIL of CPython since 3.2: a timed wait, a drop request, a forced switch.

   A waiter whose interval went by without a change of the holder asks the holder to drop. Who drops
   on request then waits, in a second section, until somebody else has taken the lock; not so a thread
   that drops for the last time. The lock is freed and not handed over: whoever comes first takes it. */

#define GIL 0
#define SWITCH 1

#include "common.pml"

byte last_holder = NOBODY;
bool patient[N];            /* waits since the last change of the holder: may ask */
bool switching[N];          /* has dropped on request, and not yet looked whether it must wait */

hidden byte from_gil, from_switch;  /* whom a signal to each condition would wake */
hidden byte each;                   /* for loops */

inline choose(me) {
    choose_from(me, GIL, from_gil);
    choose_from(me, SWITCH, from_switch)
}

inline signal(chosen) {
    if
    :: chosen != NOBODY -> notify(chosen)
    :: else
    fi
}

inline take_gil(me) {
    patient[me] = false;
    if
    :: last_holder != me ->
        last_holder = me;
        for (each : 0 .. N - 1) {
            patient[each] = false
        }
    :: else
    fi;
#ifndef MUTANT_TAKER_DOES_NOT_SIGNAL
    signal(from_switch);
#endif
#ifndef MUTANT_TAKER_KEEPS_THE_REQUEST
    requested = false;
#endif
    owns(me)
}

inline wait_for_gil(me) {
    patient[me] = true;
    wait(me, GIL, true)
}

inline drop_gil(me) {
    last_holder = me;
#ifdef MUTANT_DROP_DOES_NOT_SIGNAL
    free_lock(me)
#else
    free_lock(me);
    signal(from_gil)
#endif
}

inline acquire(me) {
    if
#ifdef MUTANT_TAKES_A_HELD_LOCK
    :: true -> take_gil(me)
#else
    :: owner == NOBODY -> take_gil(me)
#endif
    :: else -> wait_for_gil(me)
    fi
}

inline release(me) {
    drop_gil(me);
    if
    :: requested && !final ->
        switching[me] = true;
        come_back(me)
    :: else -> left(me)
    fi
}

inline safepoint(me) {
    drop_gil(me);
#ifndef MUTANT_NO_FORCED_SWITCH
    switching[me] = requested;
#endif
    come_back(me)
}

inline retry(me) {
    if
    :: switching[me] && last_holder == me ->
        switching[me] = false;
        requested = false;
        wait(me, SWITCH, false)
    :: else ->
        switching[me] = false;
        if
        :: way[me] == Out -> left(me)
        :: else -> acquire(me)
        fi
    fi
}

inline woken(me, which, has_expired) {
    if
    :: which == SWITCH && way[me] == Out -> left(me)
    :: which == SWITCH && way[me] != Out -> come_back(me)
    :: which == GIL && owner == NOBODY -> take_gil(me)
    :: else ->
        if
        :: has_expired && patient[me] -> request(me)
        :: else
        fi;
        wait_for_gil(me)
    fi
}

/* The request is reset, and both conditions are signalled, so that nobody waits for a thread that
   has gone; also a thread that has dropped and not begun to wait need not any more. */
inline cancel(me, in_hand) {
    patient[me] = false;
#ifndef MUTANT_LEAVES_A_REQUEST_BEHIND
    requested = false;
#endif
    for (each : 0 .. N - 1) {
        switching[each] = false
    };
    if
    :: in_hand && owner == NOBODY -> signal(from_gil)
    :: else
    fi;
    signal(from_switch)
}

#include "threads.pml"

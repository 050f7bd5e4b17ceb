/* Hand-off with boosted return: K barges and B boosts in a turn. With B = 0 it is plain hand-off.

   Three queues are served in this order: boosted, interrupted, regular. A forced release hands the lock to
   the next in line. A voluntary one frees it and wakes the next in line; other threads may barge in front of
   that one K times in a turn, and after that the release is a hand-off too. The thread that released last may
   retake the lock without a barge, until the woken thread finds it held; then the next release is a hand-off.
   An arriving thread requests a switch at once, B times in a turn. A thread that was not boosted and is
   preempted by a boosted one waits in the interrupted queue if a boost is left and its interval has not expired.
   A turn begins when the head of the regular queue gets the lock. One waiter has a timer, and keeps it after it has requested. */

#define QUEUES
#define BOOSTED 0
#define INTERRUPTED 1
#define REGULAR 2

#include "common.pml"

byte barges_left = K;
byte boosts_left = B;
byte may_retake = NOBODY;   /* the thread that may retake the lock */
bool keeps_turn = true;     /* the owner was not boosted, and its interval has not expired; a barge inherits it */
byte keeper = NOBODY;       /* the waiter whose timer runs */

hidden byte next, next_set; /* the next in line */
hidden byte heir;           /* a possible timekeeper */
hidden byte queue, one;     /* for loops */

/* The thread that may retake the lock does so without a section, until a switch is requested or the barges
   are used up. */
#define IS_BIASED_TO(who) (may_retake == who && barges_left > 0 && !requested)

#define choose(me) skip     /* queues leave nothing to chance */

/* The head of the first queue that is not empty. */
inline look_for_next() {
    next = NOBODY;
    for (queue : BOOSTED .. REGULAR) {
        for (one : 0 .. N - 1) {
            if
            :: next == NOBODY && place[one] == 1 && set[one] == queue ->
                next = one;
                next_set = queue
            :: else
            fi
        }
    }
}

/* ---- the timekeeper ---- */

inline wait_in(me, which) {
    if
    :: keeper == NOBODY -> keeper = me
    :: else
    fi;
#ifdef MUTANT_NO_TIMER
    wait(me, which, false)
#else
    wait(me, which, keeper == me)
#endif
}

inline remove_timekeeper(who) {
    if
    :: keeper == who -> keeper = NOBODY
    :: else
    fi
}

#define HEADS(who, which) (place[who] == 1 && set[who] == which)

/* Of the first queue in which others than me stand: its head, or, where I am its head, its last. */
inline look_for_heir(me) {
    heir = NOBODY;
    for (queue : BOOSTED .. REGULAR) {
        if
        :: heir == NOBODY ->
            for (one : 0 .. N - 1) {
                if
                :: one != me && HEADS(one, queue) -> heir = one
                :: one != me && HEADS(me, queue) && place[one] > 0 && set[one] == queue ->
                    if
                    :: heir == NOBODY || place[one] > place[heir] -> heir = one
                    :: else
                    fi
                :: else
                fi
            }
        :: else
        fi
    }
}

/* I run, or am gone: while others wait, one of them is the timekeeper or a switch is requested; while no
   thread waits nothing is left behind. */
inline ensure_timekeeper(me) {
    look_for_heir(me);
    if
    :: heir == NOBODY ->
        keeper = NOBODY;
        may_retake = NOBODY;
        keeps_turn = true;
        barges_left = K;
        boosts_left = B
    :: heir != NOBODY && keeper == NOBODY && !requested ->
        keeper = heir;
        notify(heir)
    :: else
    fi
}

/* ---- the two ways to get the lock ---- */

inline begin_run(who, which) {
    may_retake = NOBODY;
    keeps_turn = (which != BOOSTED);
    if
#ifdef MUTANT_BUDGETS_ALWAYS_COME_BACK
    :: true ->
#else
    :: which == REGULAR ->
#endif
        barges_left = K;
        boosts_left = B
    :: else
    fi;
    remove_timekeeper(who)
}

inline hand_off(me) {
#ifdef MUTANT_FREES_INSTEAD_OF_GIVING
    free_lock(me);
    requested = false;
    notify(next)
#else
    give(me, next);
    requested = false;
    begin_run(next, next_set)
#endif
}

/* A woken thread has found the lock held: the next release is a hand-off. */
inline note_wasted_wakeup() {
    if
    :: may_retake != NOBODY && owner != NOBODY -> barges_left = 0
    :: else
    fi
}

/* ---- the sections ---- */

inline acquire(me) {
    if
#ifdef MUTANT_TAKES_A_HELD_LOCK
    :: true ->
#else
    :: owner == NOBODY ->
#endif
        look_for_next();
        if
        :: next != NOBODY && may_retake != me ->
            may_retake = me;
            if
            :: barges_left > 0 -> barges_left--
            :: else
            fi
        :: else
        fi;
        owns(me)
    :: else ->
        if
        :: boosts_left == 0 -> wait_in(me, REGULAR)
        :: else ->
            boosts_left--;
            if
            :: !requested -> request(me)
            :: else
            fi;
            wait(me, BOOSTED, false)    /* a request is pending, so no timer is needed */
        fi
    fi
}

inline release(me) {
    look_for_next();
    if
    :: next == NOBODY -> free_lock(me)
#ifdef MUTANT_FINAL_RELEASE_FREES
    :: next != NOBODY && (barges_left == 0 || (requested && !final)) ->
#else
    :: next != NOBODY && (barges_left == 0 || requested) ->
#endif
        hand_off(me);
        ensure_timekeeper(me)
    :: else ->
        may_retake = me;
        free_lock(me);
#ifndef MUTANT_DROPS_A_WAKE_UP
        notify(next)
#endif
    fi;
    left(me)
}

inline safepoint(me) {
    look_for_next();
    if
#ifdef MUTANT_IGNORES_SAFEPOINTS
    :: true -> owns(me)
#else
    :: next == NOBODY -> owns(me)
#endif
    :: next != NOBODY && next_set == BOOSTED && boosts_left > 0 && keeps_turn ->
        hand_off(me);
        wait_in(me, INTERRUPTED)
    :: else ->
        hand_off(me);
        wait_in(me, REGULAR)
    fi
}

inline woken(me, which, has_expired) {
    look_for_next();
    if
    :: owner == NOBODY && next == me ->
        begin_run(me, which);
        ensure_timekeeper(me);
        owns(me)
    :: has_expired && owner != NOBODY ->
        if
        :: !requested -> request(me)
        :: else
        fi;
        keeps_turn = false;
        wait_in(me, which)      /* the timekeeper keeps its post */
    :: else ->
        note_wasted_wakeup();
        wait_in(me, which)
    fi
}

inline retry(me) {
    assert(false)           /* nobody is ever between two sections */
}

inline cancel(me, in_hand) {
    remove_timekeeper(me);
    if
    :: in_hand -> note_wasted_wakeup()
    :: else
    fi;
    look_for_next();
    if
#ifndef MUTANT_LEAVES_A_REQUEST_BEHIND
    :: next == NOBODY -> requested = false
#endif
    :: next != NOBODY && in_hand && owner == NOBODY -> notify(next)
    :: else
    fi;
    ensure_timekeeper(me)
}

#include "threads.pml"

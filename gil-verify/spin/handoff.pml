/* Hand-off with boosted return: K barges and B boosts in a turn. With B = 0 it is plain hand-off.

   Three queues, served in this order: boosted, interrupted, regular. A forced release hands the lock to the next in
   line. A voluntary one frees it and wakes the next in line, who may be barged in front of K times in
   a turn; after that it is handed over as well. Who released last may take the lock back, and that is
   no barge; but once somebody has come in vain the next release is a hand-over. Who arrives asks at
   once, B times in a turn. Whoever is interrupted then waits in the queue of that name if a boost is
   left and its interval is not up. A turn begins when the head of the regular queue gets the lock. One
   waiter has a timer. */

#define QUEUES
#define BOOSTED 0
#define INTERRUPTED 1
#define REGULAR 2

#include "common.pml"

byte barges_left = K;
byte boosts_left = B;
byte returns = NOBODY;      /* who may take the lock back */
bool interval_is_up;        /* the owner's, while others waited */
byte keeper = NOBODY;       /* the waiter whose timer runs; NOBODY while it has asked already */

hidden byte next, next_set; /* the next in line */
hidden byte heir;           /* who could keep the time */
hidden byte queue, one;     /* for loops */

/* Who may take the lock back does so past the protocol, until a switch is requested or the barges are
   used up. */
#define IS_BIASED_TO(who) (returns == who && barges_left > 0 && !requested)

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

inline keeps_no_more(who) {
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

/* I run, or am gone: while others wait, one of them keeps the time or a switch is requested; with
   nobody waiting nothing is left behind. */
inline keep_time(me) {
    look_for_heir(me);
    if
    :: heir == NOBODY ->
        keeper = NOBODY;
        returns = NOBODY;
        interval_is_up = false;
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
    returns = NOBODY;
    interval_is_up = false;
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
    keeps_no_more(who)
}

inline hand_over(me) {
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

/* Who was woken by a release and finds the lock taken is not to be woken again. */
inline came_in_vain() {
    if
    :: returns != NOBODY && owner != NOBODY -> barges_left = 0
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
        :: next != NOBODY && returns != me ->
            returns = me;
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
            wait(me, BOOSTED, false)    /* what is asked for needs no timer */
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
        hand_over(me);
        keep_time(me)
    :: else ->
        returns = me;
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
    :: next != NOBODY && next_set == BOOSTED && boosts_left > 0 && !interval_is_up ->
        hand_over(me);
        wait_in(me, INTERRUPTED)
    :: else ->
        hand_over(me);
        wait_in(me, REGULAR)
    fi
}

inline woken(me, which, has_expired) {
    look_for_next();
    if
    :: owner == NOBODY && next == me ->
        begin_run(me, which);
        keep_time(me);
        owns(me)
    :: has_expired && owner != NOBODY ->
        if
        :: !requested -> request(me)
        :: else
        fi;
        keeper = NOBODY;
        interval_is_up = true;
        wait(me, which, false)
    :: else ->
        came_in_vain();
        wait_in(me, which)
    fi
}

inline retry(me) {
    assert(false)           /* nobody is ever between two sections */
}

inline cancel(me, in_hand) {
    keeps_no_more(me);
    if
    :: in_hand -> came_in_vain()
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
    keep_time(me)
}

#include "threads.pml"

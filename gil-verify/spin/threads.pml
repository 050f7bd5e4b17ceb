/* The threads: what each of them can do next, read off its slot. All loop for ever, and have one
   place in their program only, so that a state is what the lock knows and nothing else.

   A protocol's file has defined
     choose(me)               which thread a condition variable would wake: one step for each choice
     acquire(me) release(me) safepoint(me) woken(me, which, has_expired) retry(me) cancel(me, in_hand)
     TICKS                    whether owners come to safepoints that nobody asked for
     IS_BIASED_TO(who)        whether it comes and goes past the protocol although others wait; a
                              protocol that does not say has no such thread

   The first line that a section prints is the same as the explorer's. pan lists the statements that
   it never reached, and by these lines one sees which actions never happened. */

#ifndef IS_BIASED_TO
#define IS_BIASED_TO(who) false
#endif

hidden byte my_set;
hidden byte in_hand;        /* a wake-up was on its way to the thread that gives up */

#define SECTION(can, words, decides) \
    atomic { \
        can -> printf(words, _pid); choose(_pid); \
        d_step { begin_section(); decides; end_section(_pid) } \
    }

/* ---- sections with what goes before and after the protocol's decision ---- */

inline comes(me) {
    way[me] = In;
    acquire(me)
}

inline answers(me) {
    forced = true;
    stop_running(me);
    way[me] = Back;
    safepoint(me)
}

inline leaves(me, for_good) {
    forced = requested;
    final = for_good;
    stop_running(me);
    way[me] = Out;
    release(me)
}

/* A granted thread owns the lock already; the protocol is not asked again. */
inline wakes_up(me) {
    if
    :: slot[me] == Granted -> confirm(me)
    :: else ->
        printf("    T%d notified\n", me);
        my_set = set[me];
        woken(me, my_set, false)
    fi
}

inline times_out(me) {
    printf("    T%d timed_out\n", me);
    my_set = set[me];
    woken(me, my_set, true)
}

inline gives_up(me) {
    if
    :: slot[me] == Granted -> confirm(me)
    :: else ->
        gave_up = true;
        in_hand = (slot[me] == Notified);
        rest(me, Idle);
        printf("    T%d cancelled\n", me);
        cancel(me, in_hand)
    fi
}

/* ---- fairness ----

   A thread is pressed where it has a section that a real thread would get to by itself: it is awake
   between two sections, its timer runs, or it owns and is asked for the lock. Nothing promises that
   a thread outside comes, that an owner releases by itself, or that a waiter gives up.

   Spin's weak fairness is: who can act all the time acts in the end. A thread that is not pressed may
   therefore always do nothing, as a step of its own, and that is all that fairness can demand of it.
   It demands of a pressed thread *an* action, not one of those that press it; that is the same here,
   because after giving up, or releasing, a thread is either not pressed or pressed to go on. */

#ifdef TICKS
#define IS_ASKED true
#else
#define IS_ASKED requested
#endif

#define IS_PRESSED(who) \
    (IS_ON_THE_WAY(who) || slot[who] == Granted || timer[who] || (RUNS(who) && IS_ASKED))

active [N] proctype thread()
{
    do
    :: SECTION(IS_OUTSIDE(_pid), "T%d wants the lock\n", comes(_pid))
    :: SECTION(RUNS(_pid) && IS_ASKED, "T%d reaches a safepoint\n", answers(_pid))
#ifdef RELEASES
    :: SECTION(RUNS(_pid), "T%d releases for a blocking call\n", leaves(_pid, false))
    :: SECTION(RUNS(_pid), "T%d releases for the last time\n", leaves(_pid, true))
#endif
    :: SECTION(timer[_pid], "T%d runs after its timer\n", times_out(_pid))
    :: SECTION(slot[_pid] == Notified || slot[_pid] == Granted,
               "T%d runs after a wake-up\n", wakes_up(_pid))
    :: SECTION(slot[_pid] == Retry, "T%d is back between two sections\n", retry(_pid))
#ifdef CANCELS
    :: SECTION((IS_WAITER(_pid) || slot[_pid] == Granted) && way[_pid] == In,
               "T%d gives up\n", gives_up(_pid))
#endif

    /* The fast path, past the protocol: possible while every slot is idle, and for a thread that the
       lock is biased to. */
    :: atomic {
        IS_OUTSIDE(_pid) && owner == NOBODY && (ALL_IDLE || IS_BIASED_TO(_pid)) ->
            printf("T%d wants the lock, by the fast path\n", _pid);
        d_step { owner = _pid; begin_to_run(_pid) }
    }
#ifdef RELEASES
    :: atomic {
        RUNS(_pid) && (ALL_IDLE || IS_BIASED_TO(_pid)) ->
            printf("T%d releases, by the fast path\n", _pid);
        d_step { stop_running(_pid); owner = NOBODY }
    }
#endif
#ifdef LIVENESS
    :: !IS_PRESSED(_pid)
#endif
    od
}

/* ---- the liveness claims, of thread 0: all threads are alike, so what is true of it is true of
   each ---- */

#ifdef LIVENESS
#define KEEPS_IT (owner == 0 && ANY(IS_WAITER))

/* LIVE-1: when a switch is requested, the owner changes in the end, or nobody waits any more. */
ltl live_1 { [] ((KEEPS_IT && requested) -> <> !KEEPS_IT) }

/* LIVE-2: who waits owns in the end, or gives up. */
ltl live_2 { [] (IS_WAITER(0) -> <> !IS_WAITER(0)) }
#endif

/* A lock apart from its protocol: where each thread stands, what a section can do, and what the
   safety claims remember. A protocol's file includes this first, then says what its sections
   decide, and includes threads.pml last.

   From outside:
     N                        how many threads
     RELEASES                 owners may release for a blocking call, or for the last time
     CANCELS                  waiters may give up
     SAFE_1 SAFE_3 SAFE_3F SAFE_5 LIVE_4   the safety claims to judge, any number of them
     LIVENESS                 the liveness claims instead, which pan chooses among by name

   Every section is one d_step, because in the real lock it is one critical section. With its parts
   visible to other threads, weak fairness would not be fair to the lock's mutex, and liveness would
   fail for a reason that no real lock has.

   All variables below that are not hidden are the state. A hidden variable is written before it is
   read in each section, so it carries nothing from one section to the next. What a variable does not
   need is put back to its first value, so that equal situations are equal states. */

#define NOBODY 255

#if N == 2
#define ANY(is) (is(0) || is(1))
#elif N == 3
#define ANY(is) (is(0) || is(1) || is(2))
#elif N == 4
#define ANY(is) (is(0) || is(1) || is(2) || is(3))
#else
#error "from 2 to 4 threads"
#endif

/* Where a thread stands. Idle is outside or running as the owner; Granted owns, and has not run
   yet; Retry is between two sections of one operation. */
mtype = { Idle, Waiting, Notified, Granted, Retry };
/* Which operation it is in the middle of: coming in from outside, coming back after a safepoint, or
   on its way out. */
mtype = { In, Back, Out };

mtype slot[N] = Idle;
mtype way[N] = In;
byte set[N];                /* Waiting and Notified: which wait-set */
bool timer[N];              /* Waiting: whether with a timer */
byte owner = NOBODY;
bool requested;

#define IS_BUSY(who) (slot[who] != Idle)
#define ALL_IDLE (!ANY(IS_BUSY))
#define RUNS(who) (slot[who] == Idle && owner == who)
#define IS_OUTSIDE(who) (slot[who] == Idle && owner != who)
#define SLEEPS(who) (slot[who] == Waiting)
#define IS_ON_THE_WAY(who) (slot[who] == Notified || slot[who] == Retry)
#define IS_WAITER(who) (slot[who] != Idle && slot[who] != Granted && way[who] != Out)

/* The flags among these are bytes, because Spin has no hidden bits. */
hidden byte owner_before;   /* when the section began */
hidden byte forced;         /* the section releases because it must ... */
hidden byte final;          /* ... and for the last time */
hidden byte gave_up;
hidden byte took;
hidden byte i;              /* for the loops of this file */
hidden byte waiters;
hidden byte safe_1_is_broken, safe_3_is_broken, safe_3f_is_broken, safe_5_is_broken;
hidden byte live_4_is_broken;

#include "claims.pml"

/* ---- what a section can do ---- */

#ifdef QUEUES
byte place[N];              /* place in the queue of the set, from 1; 0 is in none */

inline leave_queue(who) {
    for (i : 0 .. N - 1) {
        if
        :: place[who] > 0 && place[i] > place[who] && set[i] == set[who] -> place[i]--
        :: else
        fi
    };
    place[who] = 0
}

/* Who waits again in its set keeps its place. */
inline join_queue(who, which) {
    if
    :: place[who] > 0 && set[who] == which
    :: else ->
        leave_queue(who);
        set[who] = which;
        place[who] = 1;
        for (i : 0 .. N - 1) {
            if
            :: i != who && place[i] > 0 && set[i] == which -> place[who]++
            :: else
            fi
        }
    fi
}
#else
#define leave_queue(who) skip
#define join_queue(who, which) set[who] = which
#endif

inline rest(who, where) {
    leave_queue(who);
    slot[who] = where;
    set[who] = 0;
    timer[who] = false
}

inline request(me) {
    requested = true;
    printf("    T%d requested\n", me)
}

inline say_released(me) {
    if
    :: requested -> printf("    T%d answered\n", me)
    :: else -> printf("    T%d released\n", me)
    fi
}

inline free_lock(me) {
    judge_that_it_owns(me);
    say_released(me);
    owner = NOBODY
}

/* A hand-over: owner from now on, though it sleeps. */
inline give(me, who) {
    judge_that_it_owns(me);
    say_released(me);
    owner = who;
    rest(who, Granted);
    printf("    T%d granted\n", who)
}

#ifndef QUEUES
/* A condition variable wakes any one of its waiters: the choice is made before the section, whether
   or not the section then wakes anybody. */
#define IS_ASLEEP_IN(who, which) (SLEEPS(who) && set[who] == which)

inline choose_from(me, which, chosen) {
    if
    :: me != 0 && IS_ASLEEP_IN(0, which) -> chosen = 0
    :: me != 1 && IS_ASLEEP_IN(1, which) -> chosen = 1
#if N > 2
    :: me != 2 && IS_ASLEEP_IN(2, which) -> chosen = 2
#endif
#if N > 3
    :: me != 3 && IS_ASLEEP_IN(3, which) -> chosen = 3
#endif
    :: else -> chosen = NOBODY
    fi
}
#endif

/* Wakes it, if it waits; in a queue it keeps its place. */
inline notify(who) {
    if
    :: slot[who] == Waiting ->
        slot[who] = Notified;
        timer[who] = false;
        printf("    wakes T%d\n", who)
    :: else
    fi
}

/* ---- what a section ends with, for the thread that ran it ---- */

inline owns(me) {
    judge_that_nobody_else_owns(me);
    if
    :: owner != me ->
        took = true;
        owner = me;
        printf("    T%d take\n", me)
    :: else
    fi;
    rest(me, Idle);
    way[me] = In;
    begin_to_run(me)
}

inline confirm(me) {
    rest(me, Idle);
    way[me] = In;
    begin_to_run(me);
    printf("    T%d confirmed\n", me)
}

inline left(me) {
    rest(me, Idle);
    way[me] = In
}

inline come_back(me) {
    rest(me, Retry)
}

inline wait(me, which, with_timer) {
    join_queue(me, which);
    slot[me] = Waiting;
    timer[me] = with_timer;
    printf("    T%d waits\n", me)
}

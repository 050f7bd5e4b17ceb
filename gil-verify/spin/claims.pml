/* The safety claims. Each is judged at the end of every section, and only those that were asked for,
   so that the remembering for one does not blow up the states of another. A broken claim is an
   assertion on a variable with the claim's name: the checker's message says which it was.

   After a section in which another claim broke the threads go on as if nothing had happened. */

/* ---- SAFE-1: at most one thread runs as the owner ---- */

#ifdef SAFE_1
bool running[N];            /* as far as the thread itself knows */
#define begin_to_run(me) running[me] = true
#define stop_running(me) running[me] = false

inline judge_that_it_owns(me) {
    safe_1_is_broken = (owner != me);
    assert(!safe_1_is_broken)
}

inline judge_that_nobody_else_owns(me) {
    safe_1_is_broken = (owner != NOBODY && owner != me);
    assert(!safe_1_is_broken)
}

inline judge_runners() {
    for (i : 0 .. N - 1) {
        safe_1_is_broken = (running[i] && owner != i);
        assert(!safe_1_is_broken)
    }
}
#else
#define begin_to_run(me) skip
#define stop_running(me) skip
#define judge_that_it_owns(me) skip
#define judge_that_nobody_else_owns(me) skip
#define judge_runners() skip
#endif

/* ---- SAFE-3 and SAFE-3F: no reacquire before hand-off ----

   A forced release is a safepoint, or a release while a switch is requested, after which nobody owns
   the lock. (After a hand-over somebody else owns already.) From then on the thread is barred until
   somebody else has owned, or all who waited at that moment have given up. SAFE-3 counts the releases
   from which a thread comes back, SAFE-3F also the final ones. */

#if defined(SAFE_3) || defined(SAFE_3F)
byte barred[N];             /* the waiters before whom it may not own, a bit each */
bool finally[N];            /* whether it was a final release */

inline judge_forced_switch(me) {
    if
    :: gave_up ->
        for (i : 0 .. N - 1) {
            barred[i] = barred[i] & ~(1 << me);
            finally[i] = finally[i] && barred[i] != 0
        }
    :: else
    fi;
    if
    :: owner != NOBODY && (owner != owner_before || took) ->
#ifdef SAFE_3
        safe_3_is_broken = (barred[owner] != 0 && !finally[owner]);
        assert(!safe_3_is_broken);
#endif
#ifdef SAFE_3F
        safe_3f_is_broken = (barred[owner] != 0);
        assert(!safe_3f_is_broken);
#endif
        for (i : 0 .. N - 1) {
            barred[i] = 0;
            finally[i] = false
        }
    :: else
    fi;
    if
    :: forced && owner == NOBODY ->
        waiters = 0;
        for (i : 0 .. N - 1) {
            if
            :: i != me && IS_WAITER(i) -> waiters = waiters | (1 << i)
            :: else
            fi
        };
        barred[me] = waiters;
        finally[me] = final && waiters != 0
    :: else
    fi
}
#else
#define judge_forced_switch(me) skip
#endif

/* ---- SAFE-5, its first part only: a request implies a waiter ---- */

#ifdef SAFE_5
inline judge_request() {
    safe_5_is_broken = (requested && !ANY(IS_WAITER));
    assert(!safe_5_is_broken)
}
#else
#define judge_request() skip
#endif

/* ---- LIVE-4: no lost wake-up ---- */

#ifdef LIVE_4
inline judge_wake_ups() {
    live_4_is_broken = (owner == NOBODY && ANY(SLEEPS) && !ANY(IS_ON_THE_WAY));
    assert(!live_4_is_broken)
}
#else
#define judge_wake_ups() skip
#endif

/* ---- the frame of a section ---- */

inline begin_section() {
    owner_before = owner;
    forced = false;
    final = false;
    gave_up = false;
    took = false
}

inline end_section(me) {
    judge_runners();
    judge_forced_switch(me);
    judge_request();
    judge_wake_ups()
}

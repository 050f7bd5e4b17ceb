(* The same program as ping-pong.gil, for OCaml, with its mutex and condition variable. *)

let turns =
  match List.find_opt (String.starts_with ~prefix:"turns=") (Array.to_list Sys.argv) with
  | Some text -> int_of_string (String.sub text 6 (String.length text - 6))
  | None -> 20_000

let mutex = Mutex.create ()
let changed = Condition.create ()
let turn = ref 0

(* Takes its turn whenever it comes. *)
let side mine =
  for _ = 1 to turns do
    Mutex.lock mutex;
    while !turn <> mine do Condition.wait changed mutex done;
    turn := 1 - mine;
    Condition.signal changed;
    Mutex.unlock mutex
  done

let () =
  let other = Thread.create side 1 in
  let start = Unix.gettimeofday () in
  side 0;
  Thread.join other;
  Printf.printf "one_way_ns %.0f\n"
    ((Unix.gettimeofday () -. start) *. 1e9 /. float_of_int (2 * turns))

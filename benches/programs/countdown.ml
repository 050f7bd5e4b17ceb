(* The same program as countdown.gil, for OCaml. *)

let setting name default =
  let prefix = name ^ "=" in
  let length = String.length prefix in
  match List.find_opt (String.starts_with ~prefix) (Array.to_list Sys.argv) with
  | Some text -> int_of_string (String.sub text length (String.length text - length))
  | None -> default

let threads = setting "threads" 2
let each = setting "count" 20_000_000 / threads

(* Before OCaml 4.14 a loop that does not allocate lets no other thread run. *)
let countdown n =
  let left = ref n in
  while !left > 0 do
    left := !(Sys.opaque_identity (ref (!left - 1)))
  done

let one_after_the_other () =
  for _ = 1 to threads do countdown each done

let in_threads () =
  List.init threads (fun _ -> Thread.create countdown each) |> List.iter Thread.join

let timed name work =
  let cpu = Sys.time () and start = Unix.gettimeofday () in
  work ();
  Printf.printf "%s %.0f\n" name ((Unix.gettimeofday () -. start) *. 1e6);
  Printf.printf "%s_cpu %.0f\n" name ((Sys.time () -. cpu) *. 1e6)

let () =
  one_after_the_other ();
  timed "sequential" one_after_the_other;
  timed "threads" in_threads;
  timed "again" one_after_the_other

(* The same program as select.gil, for OCaml. *)

let wait =
  match List.find_opt (String.starts_with ~prefix:"milliseconds=") (Array.to_list Sys.argv) with
  | Some text -> float_of_string (String.sub text 13 (String.length text - 13)) /. 1e3
  | None -> 0.2

let one () = ignore (Unix.select [] [] [] wait)

let one_after_the_other () =
  one ();
  one ()

let in_threads () = List.init 2 (fun _ -> Thread.create one ()) |> List.iter Thread.join

let timed name work =
  let start = Unix.gettimeofday () in
  work ();
  Printf.printf "%s %.0f\n" name ((Unix.gettimeofday () -. start) *. 1e6)

let () =
  timed "sequential" one_after_the_other;
  timed "threads" in_threads;
  timed "again" one_after_the_other

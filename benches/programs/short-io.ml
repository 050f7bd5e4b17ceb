(* The same program as short-io.gil, for OCaml. *)

let setting name default =
  let prefix = name ^ "=" in
  let length = String.length prefix in
  match List.find_opt (String.starts_with ~prefix) (Array.to_list Sys.argv) with
  | Some text -> int_of_string (String.sub text length (String.length text - length))
  | None -> default

let seconds = float_of_int (setting "milliseconds" 500) /. 1e3
let data = Bytes.make 8192 '\007'
let finished = ref false
let written = ref 0

let writer () =
  let null = Unix.openfile "/dev/null" [ Unix.O_WRONLY ] 0 in
  let over = Unix.gettimeofday () +. seconds in
  while !written = 0 || Unix.gettimeofday () < over do
    ignore (Unix.write null data 0 (Bytes.length data));
    incr written
  done

(* Before OCaml 4.14 a loop that does not allocate lets no other thread run. *)
let compute turns =
  while not !finished do
    turns := !(Sys.opaque_identity (ref (!turns + 1)))
  done

let () =
  let progress = List.init (setting "hogs" 0) (fun _ -> ref 0) in
  let hogs = List.map (Thread.create compute) progress in
  let start = Unix.gettimeofday () in
  if setting "writers" 1 = 1 then begin
    Thread.join (Thread.create writer ());
    Printf.printf "writes %.0f\n" (float_of_int !written /. (Unix.gettimeofday () -. start))
  end
  else Thread.delay seconds;
  let took = Unix.gettimeofday () -. start in
  finished := true;
  List.iter Thread.join hogs;
  List.iter (fun turns -> Printf.printf "hog %.0f\n" (float_of_int !turns /. took /. 1e3)) progress

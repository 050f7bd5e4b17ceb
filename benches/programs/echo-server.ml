(* The same program as echo-server.gil, for OCaml. *)

let setting name default =
  let prefix = name ^ "=" in
  let length = String.length prefix in
  match List.find_opt (String.starts_with ~prefix) (Array.to_list Sys.argv) with
  | Some text -> int_of_string (String.sub text length (String.length text - length))
  | None -> default

let server = Unix.socket Unix.PF_INET Unix.SOCK_DGRAM 0
let finished = ref false

let serve () =
  let buffer = Bytes.create 65536 in
  let rec next () =
    let length, client = Unix.recvfrom server buffer 0 (Bytes.length buffer) [] in
    if Bytes.sub_string buffer 0 length <> "stop" then begin
      ignore (Unix.sendto server buffer 0 length [] client);
      next ()
    end in
  next ()

(* Before OCaml 4.14 a loop that does not allocate lets no other thread run. *)
let compute turns =
  while not !finished do
    turns := !(Sys.opaque_identity (ref (!turns + 1)))
  done

let () =
  Unix.bind server (Unix.ADDR_INET (Unix.inet_addr_loopback, setting "port" 0));
  let progress = List.init (setting "hogs" 0) (fun _ -> ref 0) in
  let hogs = List.map (Thread.create compute) progress in
  let start = Unix.gettimeofday () in
  Thread.join (Thread.create serve ());
  let took = Unix.gettimeofday () -. start in
  finished := true;
  List.iter Thread.join hogs;
  List.iter (fun turns -> Printf.printf "hog %.0f\n" (float_of_int !turns /. took /. 1e3)) progress

// Auditproof checks proofs of the audit trail with what the Go project's checksum database is checked with, and with
// nothing of Keywright's.
//
//	auditproof event VKEY PROOF                  prints the record that PROOF proves to be in the log
//	auditproof consistency VKEY OLD PROOF        checks that the tree of PROOF begins with that of the checkpoint OLD
//	auditproof witness NAME VKEY-FILE            is a witness, for tests
package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "auditproof:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "event":
		return event(args[1], args[2])
	case len(args) == 4 && args[0] == "consistency":
		return consistency(args[1], args[2], args[3])
	}
	if len(args) == 3 && args[0] == "witness" {
		return witness(args[1], args[2])
	}
	return fmt.Errorf("usage: auditproof event VKEY PROOF | consistency VKEY OLD PROOF | witness NAME VKEY-FILE")
}

func event(vkey, file string) error {
	lines, tree, err := read(vkey, file)
	if err != nil {
		return err
	}
	if len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return fmt.Errorf("%s is no proof of a record", file)
	}
	record, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	if err != nil {
		return err
	}
	hashes, err := parse(lines[3:])
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(hashes, tree.N, tree.Hash, index, tlog.RecordHash(record)); err != nil {
		return err
	}
	fmt.Println(string(record))
	return nil
}

func consistency(vkey, oldFile, file string) error {
	text, err := os.ReadFile(oldFile)
	if err != nil {
		return err
	}
	before, err := open(vkey, text)
	if err != nil {
		return err
	}
	lines, tree, err := read(vkey, file)
	if err != nil {
		return err
	}
	if len(lines) == 0 || lines[0] != fmt.Sprintf("old %d", before.N) {
		return fmt.Errorf("%s is no proof for a tree of %d leaves", file, before.N)
	}
	hashes, err := parse(lines[1:])
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(hashes, tree.N, tree.Hash, before.N, before.Hash); err != nil {
		return err
	}
	fmt.Printf("%d leaves begin with the %d of before\n", tree.N, before.N)
	return nil
}

// read gives the lines of a proof, and the tree of the checkpoint behind them.
func read(vkey, file string) ([]string, tlog.Tree, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, tlog.Tree{}, err
	}
	head, checkpoint, found := strings.Cut(string(text), "\n\n")
	if !found {
		return nil, tlog.Tree{}, fmt.Errorf("%s has no checkpoint", file)
	}
	tree, err := open(vkey, []byte(checkpoint))
	return strings.Split(head, "\n"), tree, err
}

// open gives the tree of a checkpoint which the key has signed.
func open(vkey string, checkpoint []byte) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tlog.Tree{}, err
	}
	signed, err := note.Open(checkpoint, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) < 3 || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("the checkpoint is another log's")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func parse(lines []string) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

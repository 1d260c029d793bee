package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// A witness of one log for tests, after c2sp.org/tlog-witness: what it has seen lives as long as its process does.
type testWitness struct {
	name    string
	key     ed25519.PrivateKey
	keyFile string

	mu   sync.Mutex
	seen tlog.Tree
}

// witness serves on a free port of this machine, and says where, and by which key it signs. The log's key is read from a
// file whenever it is needed, so that the log may come after its witness.
func witness(name, keyFile string) error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	w := &testWitness{name: name, key: private, keyFile: keyFile}
	id := w.id()
	fmt.Printf("http://%s %s+%x+%s\n", listener.Addr(), name, id,
		base64.StdEncoding.EncodeToString(append([]byte{4}, public...)))
	http.HandleFunc("POST /add-checkpoint", w.add)
	return http.Serve(listener, nil)
}

func (w *testWitness) id() []byte {
	hash := sha256.Sum256(append([]byte(w.name+"\n\x04"), w.key.Public().(ed25519.PublicKey)...))
	return hash[:4]
}

func (w *testWitness) add(answer http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(io.LimitReader(request.Body, 1<<20))
	head, checkpoint, found := strings.Cut(string(body), "\n\n")
	lines := strings.Split(head, "\n")
	var old int64
	if _, scanErr := fmt.Sscanf(lines[0], "old %d", &old); err != nil || !found || scanErr != nil {
		http.Error(answer, "no checkpoint", http.StatusBadRequest)
		return
	}
	vkey, err := os.ReadFile(w.keyFile)
	if err != nil {
		http.Error(answer, "no such log yet", http.StatusNotFound)
		return
	}
	tree, err := open(strings.TrimSpace(string(vkey)), []byte(checkpoint))
	if err != nil {
		http.Error(answer, err.Error(), http.StatusForbidden)
		return
	}
	hashes, err := parse(lines[1:])
	if err != nil {
		http.Error(answer, err.Error(), http.StatusBadRequest)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if old != w.seen.N {
		answer.Header().Set("Content-Type", "text/x.tlog.size")
		answer.WriteHeader(http.StatusConflict)
		fmt.Fprintln(answer, w.seen.N)
		return
	}
	if old > 0 {
		if err := tlog.CheckTree(hashes, tree.N, tree.Hash, w.seen.N, w.seen.Hash); err != nil {
			http.Error(answer, err.Error(), http.StatusUnprocessableEntity)
			return
		}
	}
	w.seen = tree
	text, _, _ := strings.Cut(checkpoint, "\n\n")
	now := uint64(time.Now().Unix())
	signature := ed25519.Sign(w.key, []byte(fmt.Sprintf("cosignature/v1\ntime %d\n%s\n", now, text)))
	line := append(binary.BigEndian.AppendUint64(w.id(), now), signature...)
	fmt.Fprintf(answer, "\u2014 %s %s\n", w.name, base64.StdEncoding.EncodeToString(line))
}

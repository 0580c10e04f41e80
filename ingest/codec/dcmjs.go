package codec

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"tacstream/ingest"
)

const j2kName = "JPEG 2000"

// dcmjsModule is the module of the npm package dcmjs-codecs, see
// dcmjs/README.md.
//
//go:embed dcmjs/dcmjs-native-codecs.wasm.gz
var dcmjsModule []byte

// The bounds of one frame of JPEG 2000. OpenJPEG keeps two integers of each
// sample beside the code blocks; memoryPerSample is three times that.
const (
	decodeTime      = 20 * time.Second
	memoryBase      = 64 << 20
	memoryPerByte   = 4 // of the compressed frame
	memoryPerSample = 24
	memoryKept      = 96 << 20
	memoryPages     = 32 << 10 // 2 GiB, the most that the module asks for itself
)

// The module's memory section: it asks for 4096 pages at the start, which would
// be 256 MiB of every Decoder that sees one frame of JPEG 2000. It gets 512 and
// grows as it needs.
var (
	memoryAsked = []byte("\x05\x07\x01\x01\x80\x20\x80\x80\x02")
	memoryGiven = []byte("\x05\x07\x01\x01\x80\x04\x80\x80\x02")
)

// monochrome2 is what the module calls that photometric interpretation.
const monochrome2 = 1

// The module is compiled once in the life of the process, as it is and so that
// it can be stopped, which makes it four times slower.
var (
	compiledPlain   = sync.OnceValues(func() (compiledDcmjs, error) { return compileDcmjs(false) })
	compiledStopped = sync.OnceValues(func() (compiledDcmjs, error) { return compileDcmjs(true) })
)

func compileDcmjs(stoppable bool) (compiledDcmjs, error) {
	unpacked, err := gzip.NewReader(bytes.NewReader(dcmjsModule))
	if err != nil {
		return compiledDcmjs{}, err
	}
	module, err := io.ReadAll(unpacked)
	if err != nil {
		return compiledDcmjs{}, err
	}
	module = bytes.Replace(module, memoryAsked, memoryGiven, 1)
	ctx := context.Background()
	config := wazero.NewRuntimeConfig().WithCloseOnContextDone(stoppable).WithMemoryLimitPages(memoryPages)
	runtime := wazero.NewRuntimeWithConfig(ctx, config)
	if err := provideImports(ctx, runtime); err != nil {
		return compiledDcmjs{}, err
	}
	code, err := runtime.CompileModule(ctx, module)
	return compiledDcmjs{runtime, code}, err
}

type compiledDcmjs struct {
	runtime wazero.Runtime
	code    wazero.CompiledModule
}

// provideImports gives the module what it imports: a system interface without
// files, arguments or environment, and four functions that it reports to.
func provideImports(ctx context.Context, runtime wazero.Runtime) error {
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, runtime); err != nil {
		return err
	}
	ignore := func(uint32, uint32) {}
	_, err := runtime.NewHostModuleBuilder("env").
		NewFunctionBuilder().WithFunc(stopDecoding).Export("onCodecsException").
		NewFunctionBuilder().WithFunc(ignore).Export("onCodecsInfo").
		NewFunctionBuilder().WithFunc(ignore).Export("onCodecsTrace").
		NewFunctionBuilder().WithFunc(checkMemory).Export("emscripten_notify_memory_growth").
		Instantiate(ctx)
	return err
}

// stopDecoding ends the call into the module that reports an error. The
// runtime turns the panic into an error of that call.
func stopDecoding(_ context.Context, m api.Module, at, length uint32) {
	said, _ := m.Memory().Read(at, min(length, 200))
	panic(ingest.Reject(ingest.CodeMalformed, "%s: the image cannot be decoded (%s)", j2kName, plain(said)))
}

// memoryLimit is the key of the bytes of memory that a call may take.
type memoryLimit struct{}

// checkMemory ends a call that takes more memory than its frame may.
func checkMemory(ctx context.Context, m api.Module, _ uint32) {
	if limit, ok := ctx.Value(memoryLimit{}).(int); ok && int64(m.Memory().Size()) > int64(limit) {
		panic(ingest.Reject(ingest.CodeTooLarge, "%s: the frame takes more than %d bytes to decode", j2kName, limit))
	}
}

// plain returns text as one line of ASCII.
func plain(said []byte) string {
	line := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, string(said))
	return strings.Join(strings.Fields(line), " ")
}

// A dcmjs is one instance of the module, with a memory of its own.
type dcmjs struct {
	module    api.Module
	functions map[string]api.Function
	stack     [3]uint64 // parameters and result of a call
}

// newDcmjs starts an instance.
func newDcmjs(stoppable bool) (*dcmjs, error) {
	compile := compiledPlain
	if stoppable {
		compile = compiledStopped
	}
	compiled, err := compile()
	if err != nil {
		return nil, ingest.Reject(ingest.CodeInternal, "the decoder of JPEG 2000 cannot be compiled: %v", err)
	}
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize")
	module, err := compiled.runtime.InstantiateModule(context.Background(), compiled.code, config)
	if err != nil {
		return nil, ingest.Reject(ingest.CodeInternal, "the decoder of JPEG 2000 cannot be started: %v", err)
	}
	return &dcmjs{module: module, functions: map[string]api.Function{}}, nil
}

func (m *dcmjs) close() { m.module.Close(context.Background()) }

// large reports whether the instance has taken more memory than one should
// keep between frames: WebAssembly gives none back.
func (m *dcmjs) large() bool { return m.module.Memory().Size() > memoryKept }

// decode fills out, which is as long as p says. After an error the instance
// must not be used again.
func (m *dcmjs) decode(out, frame []byte, p Params) error {
	limit := memoryBase + len(out) + memoryPerByte*len(frame) + memoryPerSample*p.Rows*p.Columns*p.SamplesPerPixel
	ctx, cancel := context.WithTimeout(context.Background(), decodeTime)
	defer cancel()
	err := m.decodeWithin(context.WithValue(ctx, memoryLimit{}, limit), out, frame, p)
	var known *ingest.Rejection
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known
	case ctx.Err() != nil:
		return ingest.Reject(ingest.CodeTooLarge, "%s: the frame takes more than %v to decode", j2kName, decodeTime)
	}
	line, _, _ := strings.Cut(err.Error(), "\n") // without the stack of calls
	return ingest.Reject(ingest.CodeMalformed, "%s: decoding stopped at a fault (%s)", j2kName, line)
}

func (m *dcmjs) decodeWithin(ctx context.Context, out, frame []byte, p Params) error {
	c := call{ctx: ctx, dcmjs: m}
	about := c.do("CreateCodecsContext")
	c.describe(about, p)
	c.do("SetEncodedBufferSize", about, uint64(len(frame)))
	c.write(c.do("GetEncodedBuffer", about), frame)
	how := c.do("CreateDecoderParameters")
	c.do("SetConvertColorspaceToRgb", how, 0)
	c.do("DecodeJpeg2000", about, how)
	c.read(c.do("GetDecodedBuffer", about), c.do("GetDecodedBufferSize", about), out)
	c.do("ReleaseDecoderParameters", how)
	c.do("ReleaseCodecsContext", about)
	return c.err
}

// A call is a series of calls into the module, of which none is made after
// one has gone wrong.
type call struct {
	ctx context.Context
	*dcmjs
	err error
}

// do calls a function and returns its result, if it has one.
func (c *call) do(name string, params ...uint64) uint64 {
	if c.err != nil {
		return 0
	}
	f, ok := c.functions[name]
	if !ok {
		if f = c.module.ExportedFunction(name); f == nil {
			c.err = fmt.Errorf("no function %s", name)
			return 0
		}
		c.functions[name] = f
	}
	copy(c.stack[:], params)
	c.err = f.CallWithStack(c.ctx, c.stack[:])
	return c.stack[0]
}

// describe tells the module what the header says.
func (c *call) describe(about uint64, p Params) {
	c.do("SetColumns", about, uint64(p.Columns))
	c.do("SetRows", about, uint64(p.Rows))
	c.do("SetBitsAllocated", about, uint64(p.BitsAllocated))
	c.do("SetBitsStored", about, uint64(p.BitsStored))
	c.do("SetSamplesPerPixel", about, uint64(p.SamplesPerPixel))
	signed := uint64(0)
	if p.Signed {
		signed = 1
	}
	c.do("SetPixelRepresentation", about, signed)
	c.do("SetPlanarConfiguration", about, 0)
	c.do("SetPhotometricInterpretation", about, monochrome2)
}

// write copies data to an address in the module's memory.
func (c *call) write(at uint64, data []byte) {
	if c.err == nil && !c.module.Memory().Write(uint32(at), data) {
		c.err = errors.New("an address outside of the memory")
	}
}

// read copies the decoded image, which must be as long as out.
func (c *call) read(at, size uint64, out []byte) {
	if c.err != nil {
		return
	}
	if uint32(size) != uint32(len(out)) {
		c.err = ingest.Reject(ingest.CodePixelLength,
			"%s: the decoded image has %d bytes where the header says %d", j2kName, uint32(size), len(out))
		return
	}
	pixels, ok := c.module.Memory().Read(uint32(at), uint32(size))
	if !ok {
		c.err = errors.New("an address outside of the memory")
		return
	}
	copy(out, pixels)
}

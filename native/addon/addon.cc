// The node binding of native/io: argument -> call -> return. One plane per MediaIo object; events
// are announced by one callback per batch and taken with drain().
#include <algorithm>
#include <napi.h>
#include <vector>

#define restrict __restrict
extern "C" {
#include "../codecs/codecs.h"
#include "../core/resampler.h"
#include "../io/io.h"
}

namespace {

class MediaIo : public Napi::ObjectWrap<MediaIo> {
  public:
    static Napi::Function define(Napi::Env env) {
        return DefineClass(
            env, "MediaIo",
            {InstanceMethod("open", &MediaIo::open),
             InstanceMethod("openMixer", &MediaIo::openMixer),
             InstanceMethod("submit", &MediaIo::submit), InstanceMethod("drain", &MediaIo::drain),
             InstanceMethod("loadPrompt", &MediaIo::loadPrompt),
             InstanceMethod("releasePrompt", &MediaIo::releasePrompt),
             InstanceMethod("stats", &MediaIo::stats), InstanceMethod("stop", &MediaIo::stop)});
    }

    explicit MediaIo(const Napi::CallbackInfo &info) : Napi::ObjectWrap<MediaIo>(info) {
        Napi::Object config = info[0].As<Napi::Object>();
        wake_ = Napi::ThreadSafeFunction::New(
            info.Env(), info[1].As<Napi::Function>(), "dialplane-media", 1, 1);
        struct io_config native = {};
        native.port_min = number(config, "portMin");
        native.port_max = number(config, "portMax");
        native.shards = number(config, "threads");
        native.endpoints_max = number(config, "endpointsMax");
        native.wake = [](void *context) {
            static_cast<MediaIo *>(context)->wake_.NonBlockingCall();
        };
        native.wake_context = this;
        io_ = io_create(&native);
        if (!io_) {
            wake_.Release();
            throw Napi::Error::New(info.Env(), "the media threads could not be started");
        }
    }

    ~MediaIo() override {
        if (!io_)
            return;
        io_destroy(io_);
    }

  private:
    static uint32_t number(Napi::Object object, const char *name) {
        return object.Get(name).As<Napi::Number>().Uint32Value();
    }

    Napi::Value open(const Napi::CallbackInfo &info) {
        std::string address = info[0].As<Napi::String>();
        struct io_opened opened;
        const char *error =
            io_open(io_, address.c_str(), info[1].As<Napi::Number>().Uint32Value(), &opened);
        if (error)
            return Napi::String::New(info.Env(), error);
        Napi::Object result = Napi::Object::New(info.Env());
        result.Set("endpointId", opened.endpoint_id);
        result.Set("rtpPort", opened.rtp_port);
        result.Set("rtcpPort", opened.rtcp_port);
        return result;
    }

    Napi::Value openMixer(const Napi::CallbackInfo &info) {
        return Napi::Number::New(
            info.Env(), io_open_mixer(io_, info[0].As<Napi::Number>().Uint32Value()));
    }

    void submit(const Napi::CallbackInfo &info) {
        auto batch = info[0].As<Napi::Uint8Array>();
        io_submit(io_, batch.Data(), static_cast<uint32_t>(batch.ByteLength()));
    }

    Napi::Value drain(const Napi::CallbackInfo &info) {
        auto dst = info[0].As<Napi::Uint8Array>();
        return Napi::Number::New(
            info.Env(), static_cast<double>(io_drain(io_, dst.Data(), dst.ByteLength())));
    }

    Napi::Value loadPrompt(const Napi::CallbackInfo &info) {
        auto samples = info[0].As<Napi::Int16Array>();
        return Napi::Number::New(
            info.Env(), io_load_prompt(
                            io_, samples.Data(), static_cast<uint32_t>(samples.ElementLength()),
                            info[1].As<Napi::Number>().Uint32Value()));
    }

    void releasePrompt(const Napi::CallbackInfo &info) {
        io_release_prompt(io_, info[0].As<Napi::Number>().Uint32Value());
    }

    Napi::Value stats(const Napi::CallbackInfo &info) {
        struct io_stats stats;
        io_stats(io_, &stats);
        auto result = Napi::Float64Array::New(info.Env(), 9 + IO_LATENESS_BUCKETS);
        result[0] = stats.endpoints;
        result[1] = stats.prompts;
        result[2] = static_cast<double>(stats.packets_received);
        result[3] = static_cast<double>(stats.packets_sent);
        result[4] = static_cast<double>(stats.packets_dropped);
        result[5] = static_cast<double>(stats.recorder_overruns);
        result[6] = static_cast<double>(stats.moves);
        result[7] = static_cast<double>(stats.audio_lost);
        result[8] = static_cast<double>(stats.events_lost);
        for (size_t i = 0; i < IO_LATENESS_BUCKETS; i++)
            result[9 + i] = static_cast<double>(stats.lateness[i]);
        return result;
    }

    // Joins the threads without holding up the event loop.
    class StopWorker : public Napi::AsyncWorker {
      public:
        StopWorker(Napi::Env env, MediaIo *owner)
            : Napi::AsyncWorker(env), owner_(owner), deferred_(env) {
            owner_->Ref();
        }
        Napi::Promise promise() {
            return deferred_.Promise();
        }
        void Execute() override {
            io_stop(owner_->io_);
        }
        void OnOK() override {
            owner_->stopped_ = true;
            owner_->wake_.Release();
            owner_->Unref();
            deferred_.Resolve(Env().Undefined());
        }

      private:
        MediaIo *owner_;
        Napi::Promise::Deferred deferred_;
    };

    Napi::Value stop(const Napi::CallbackInfo &info) {
        io_close(io_);
        auto *worker = new StopWorker(info.Env(), this);
        Napi::Promise promise = worker->promise();
        worker->Queue();
        return promise;
    }

    struct io *io_ = nullptr;
    bool stopped_ = false;
    Napi::ThreadSafeFunction wake_;
};

class ResampleWorker : public Napi::AsyncWorker {
  public:
    ResampleWorker(Napi::Env env, Napi::Int16Array samples, uint32_t from_hz, uint32_t to_hz)
        : Napi::AsyncWorker(env), deferred_(env), from_hz_(from_hz), to_hz_(to_hz),
          src_(samples.Data(), samples.Data() + samples.ElementLength()) {
    }
    Napi::Promise promise() {
        return deferred_.Promise();
    }
    void Execute() override {
        auto count = static_cast<uint32_t>(src_.size());
        dst_.resize(resampler_output_count(count, from_hz_, to_hz_));
        resampler_run(
            dst_.data(), 0, static_cast<uint32_t>(dst_.size()), src_.data(), count, from_hz_,
            to_hz_);
    }
    void OnOK() override {
        auto result = Napi::Int16Array::New(Env(), dst_.size());
        std::copy(dst_.begin(), dst_.end(), result.Data());
        deferred_.Resolve(result);
    }

  private:
    Napi::Promise::Deferred deferred_;
    uint32_t from_hz_, to_hz_;
    std::vector<int16_t> src_, dst_;
};

Napi::Value resample(const Napi::CallbackInfo &info) {
    uint32_t from_hz = info[1].As<Napi::Number>().Uint32Value();
    uint32_t to_hz = info[2].As<Napi::Number>().Uint32Value();
    if (!resampler_supports(from_hz, to_hz))
        throw Napi::RangeError::New(info.Env(), "unsupported sample rate");
    auto *worker = new ResampleWorker(info.Env(), info[0].As<Napi::Int16Array>(), from_hz, to_hz);
    Napi::Promise promise = worker->promise();
    worker->Queue();
    return promise;
}

// Runs a program of the conformance suite on a buffer; returns the bytes written.
Napi::Value run_conformance(const Napi::CallbackInfo &info) {
    std::string program = info[0].As<Napi::String>();
    auto dst = info[1].As<Napi::Uint8Array>();
    uint32_t bytes = 0;
    codecs_conformance(
        program.c_str(), dst.Data(), &bytes, static_cast<uint32_t>(dst.ByteLength()));
    return Napi::Number::New(info.Env(), bytes);
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
    exports.Set("MediaIo", MediaIo::define(env));
    exports.Set("resample", Napi::Function::New(env, resample));
    exports.Set("runConformance", Napi::Function::New(env, run_conformance));
    return exports;
}

} // namespace

NODE_API_MODULE(dialplane_media, init)

/* Search, lazily, on http and from file://. Loaded before the theme's bundle
   (extra.polyfills; the name must contain "iframe-worker" so that the offline
   plugin does not add its own script from a CDN). Two small replacements:

   1. Worker. The bundle makes its search worker on every page. This stand-in is
      an EventTarget that starts nothing until the first message. On http it then
      starts the real Worker. Pages opened from disk may not start workers, so
      there it loads the same script as an ordinary one inside a hidden same-origin
      iframe, whose own message event and postMessage play the worker's two ends.
   2. XMLHttpRequest.send. On http the bundle asks for search_index.json at once;
      the request is held until the reader goes to the search field. (From disk
      the bundle already waits.) */
(() => {
  const Real = window.Worker,
    disk = location.protocol === "file:";
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      this.url = `${url}`;
    }
    postMessage(data) {
      (this.port ??= disk ? this.frame() : this.thread()).then((send) => send(data));
    }
    emit(data) {
      this.dispatchEvent(new MessageEvent("message", { data }));
    }
    async thread() {
      const w = new Real(this.url);
      w.onmessage = (e) => this.emit(e.data);
      this.terminate = () => w.terminate();
      return (data) => w.postMessage(data);
    }
    frame() {
      return new Promise((done) => {
        const f = document.createElement("iframe");
        ((f.hidden = true), (f.title = "search"), (f.srcdoc = "<!doctype html><title>search</title>"));
        f.onload = () => {
          const w = f.contentWindow,
            s = w.document.createElement("script");
          w.postMessage = (data) => this.emit(data);
          s.src = this.url;
          s.onload = () => done((data) => w.dispatchEvent(new w.MessageEvent("message", { data })));
          w.document.head.append(s);
        };
        this.terminate = () => f.remove();
        document.body.append(f);
      });
    }
  };
  if (disk) return;
  const { open, send } = XMLHttpRequest.prototype;
  let go;
  const wanted = new Promise((yes) => (go = yes));
  const isSearch = (e) => e.target.closest?.(".md-search, [for=__search], #__search") && go();
  for (const type of ["focusin", "pointerover", "change"]) addEventListener(type, isSearch, { passive: true });
  XMLHttpRequest.prototype.open = function (m, url, ...rest) {
    this._u = `${url}`;
    return open.call(this, m, url, ...rest);
  };
  XMLHttpRequest.prototype.send = function (...a) {
    /search_index\.json$/.test(this._u) ? wanted.then(() => send.apply(this, a)) : send.apply(this, a);
  };
})();

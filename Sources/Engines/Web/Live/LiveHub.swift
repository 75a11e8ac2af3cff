import Identity
import Kernel
import Synchronization

/// Something that just happened, for pages that are open.
package struct LiveEvent: Sendable {
    /// Such as `alarm`, `gatePass`, `import.42`; pages subscribe by name.
    package var topic: String
    /// The owner and area of the row, judged by each subscriber's data scope.
    package var org: Int64?
    package var area: String?
    /// Who may receive it; nil: everyone signed in whose scope admits it.
    package var permission: String?
    package var payload: Payload

    package enum Payload: Sendable {
        /// Prepended to lists with `data-live="topic"`.
        case html(Markup)
        /// Handed to `jw:live` listeners in the page.
        case json(JSONValue)
        /// Shown as a toast on every page (alarms).
        case toast(title: String, text: String, tone: Tone, path: String?)
    }

    package init(_ topic: String, org: Int64? = nil, area: String? = nil, permission: String? = nil, _ payload: Payload) {
        self.topic = topic
        self.org = org
        self.area = area
        self.permission = permission
        self.payload = payload
    }
}

/// Fans live events out to open pages; never blocks the publisher.
package final class LiveHub: Sendable {
    package init() {}

    package func publish(_ event: LiveEvent) {}
}

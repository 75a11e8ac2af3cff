import Foundation
import Identity
import Kernel
import Media
import Storage
import Web

extension AlarmEngine {
    /// The engine as a server runs it: audited, pictures locked in the photo store, pages told through the hub.
    package convenience init(
        kinds: [AlarmKind], audit: AuditTrail, hub: LiveHub, clock: Clock, notify: @escaping @Sendable (AlarmNotice, any Transaction) throws -> Void = { _, _ in },
        book: AlarmBook = AlarmBook()
    ) {
        self.init(
            kinds: kinds,
            hooks: Hooks(
                audit: { try audit.record($0, by: $1, in: $2) }, lock: { try PhotoStore.lock($0, in: $1) || ClipStore.lock($0, in: $1) }, announce: { AlarmLive.tell($0, hub) },
                notify: notify),
            clock: clock, book: book)
    }
}

/// What open pages hear of alarms. Topics: `alarm` (an `<li>` for live lists, new alarms only), `alarmDesk` (JSON of every change); grave ones also as a toast everywhere.
package enum AlarmLive {
    package static let topic = "alarm"
    package static let deskTopic = "alarmDesk"

    static func tell(_ notice: AlarmNotice, _ hub: LiveHub) {
        hub.publish(LiveEvent(deskTopic, org: notice.org, area: notice.area, permission: AlarmPermission.read, .json(notice.json)))
        guard notice.change == .opened else { return }
        hub.publish(LiveEvent(topic, org: notice.org, area: notice.area, permission: AlarmPermission.read, .html(line(notice))))
        guard notice.grade >= .severe else { return }
        hub.publish(
            LiveEvent(
                topic, org: notice.org, area: notice.area, permission: AlarmPermission.read,
                .toast(title: "\(notice.grade.title)报警", text: notice.title, tone: notice.grade.tone, path: "/alarms/\(notice.id)")))
    }

    /// Shows what another node tells; what cannot be read is not shown.
    package static func hear(_ body: String, _ hub: LiveHub) {
        guard let notice = try? JSONDecoder().decode(AlarmNotice.self, from: Data(body.utf8)) else { return }
        tell(notice, hub)
    }

    private static func line(_ notice: AlarmNotice) -> Markup {
        "<li>\(Badge(notice.grade.title, notice.grade.tone)) <a href=\"/alarms/\(notice.id)\">\(notice.title)</a>\(place(notice.orgName))</li>"
    }

    private static func place(_ name: String) -> Markup { name.isEmpty ? .empty : " <small>\(name)</small>" }

    /// A line of a live list for an alarm read from the database, as events of `topic` look.
    package static func line(_ alarm: Alarm) -> Markup {
        "<li>\(Badge(alarm.grade.title, alarm.grade.tone)) <a href=\"/alarms/\(alarm.id)\">\(alarm.title)</a>\(place(alarm.orgName)) <time datetime=\"\(alarm.occurredAt.rfc3339)\">\(alarm.occurredAt)</time></li>"
    }
}

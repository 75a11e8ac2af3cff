import Kernel

/// Where an alarm stands. Source: requirements/A-mobile-sources.md A-07 “状态（新/处理中/复议中/成立/撤销/关闭）”.
package enum AlarmState: String, Sendable, Codable, CaseIterable {
    case new, handling, reconsidering, confirmed, revoked, closed

    package var title: String {
        switch self {
        case .new: "新"
        case .handling: "处理中"
        case .reconsidering: "复议中"
        case .confirmed: "成立"
        case .revoked: "撤销"
        case .closed: "关闭"
        }
    }

    package var titleEN: String {
        switch self {
        case .new: "New"
        case .handling: "Handling"
        case .reconsidering: "Reconsidering"
        case .confirmed: "Confirmed"
        case .revoked: "Revoked"
        case .closed: "Closed"
        }
    }

    /// Somebody still has to do something.
    package var isOpen: Bool { self == .new || self == .handling || self == .reconsidering }

    /// A repeat may still count on an alarm in this state. What was decided stays as it was decided: a later violation is a new alarm; but a condition that
    /// still stands (self-closing kinds) is still the same one after it was confirmed.
    func acceptsRepeats(closesItself: Bool) -> Bool { self == .new || self == .handling || (closesItself && self == .confirmed) }
}

/// What can be done to an alarm.
package enum AlarmAction: String, Sendable, CaseIterable {
    case accept, confirm, revoke, close, reopen, appeal, uphold, overturn, selfClose

    package var title: String {
        switch self {
        case .accept: "受理"
        case .confirm: "认定成立"
        case .revoke: "撤销"
        case .close: "关闭"
        case .reopen: "重新处理"
        case .appeal: "提出复议"
        case .uphold: "复议维持"
        case .overturn: "复议撤销"
        case .selfClose: "自动关闭"
        }
    }

    package var titleEN: String {
        switch self {
        case .accept: "Accept"
        case .confirm: "Confirm"
        case .revoke: "Revoke"
        case .close: "Close"
        case .reopen: "Reopen"
        case .appeal: "Appeal"
        case .uphold: "Uphold"
        case .overturn: "Overturn"
        case .selfClose: "Closed itself"
        }
    }

    package var requiresOpinion: Bool { self != .accept && self != .selfClose }
    /// Only Jianwei itself does it.
    package var isAutomatic: Bool { self == .selfClose }
    /// Belongs to the reconsideration flow, which a domain drives; the alarm desk shows no button for it.
    package var belongsToReconsideration: Bool { self == .appeal || self == .uphold || self == .overturn }

    package func isAllowed(from state: AlarmState) -> Bool { AlarmTransition.table[self]?.from.contains(state) ?? false }
}

/// The rules of an alarm's life, all of them.
package struct AlarmTransition: Sendable, Equatable {
    package var from: [AlarmState]
    package var to: AlarmState

    package static let table: [AlarmAction: AlarmTransition] = [
        .accept: AlarmTransition(from: [.new], to: .handling),
        .confirm: AlarmTransition(from: [.new, .handling], to: .confirmed),
        .revoke: AlarmTransition(from: [.new, .handling, .confirmed], to: .revoked),
        .close: AlarmTransition(from: [.new, .handling, .confirmed, .revoked], to: .closed),
        .reopen: AlarmTransition(from: [.confirmed, .revoked, .closed], to: .handling),
        .appeal: AlarmTransition(from: [.confirmed], to: .reconsidering),
        .uphold: AlarmTransition(from: [.reconsidering], to: .confirmed),
        .overturn: AlarmTransition(from: [.reconsidering], to: .revoked),
        .selfClose: AlarmTransition(from: [.new, .handling, .confirmed], to: .closed),
    ]
}

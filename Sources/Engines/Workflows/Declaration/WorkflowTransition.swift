import Identity
import Kernel
import Rules

/// One way on from a step.
package struct WorkflowTransition: Sendable, Equatable {
    package var name: String
    /// The button: `同意`.
    package var title: String
    /// Where it leads; several steps run side by side until a join.
    package var to: [String]
    /// The first whose conditions all hold leads elsewhere.
    package var branches: [WorkflowBranch]
    package var requiresOpinion: Bool
    /// The step's form is asked; false for a refusal that needs only its reason.
    package var asksForm: Bool
    /// Written into the case's data, such as `verdict` = `uphold`, where branches, effects and the public page read it.
    package var sets: [String: String]
    package var effects: [String]
    /// How often one case may take it; nil does not count. Two appeals and no third are `limit: 2`.
    package var limit: Int?
    /// Only the program takes it, when a time has passed.
    package var isAutomatic: Bool

    package init(
        _ name: String, _ title: String, to: [String], branches: [WorkflowBranch] = [], requiresOpinion: Bool = false, asksForm: Bool = true, sets: [String: String] = [:],
        effects: [String] = [], limit: Int? = nil, isAutomatic: Bool = false
    ) {
        self.name = name
        self.title = title
        self.to = to
        self.branches = branches
        self.requiresOpinion = requiresOpinion
        self.asksForm = asksForm
        self.sets = sets
        self.effects = effects
        self.limit = limit
        self.isAutomatic = isAutomatic
    }

    package static func on(
        _ name: String, _ title: String, to next: String..., branches: [WorkflowBranch] = [], opinion: Bool = false, form: Bool = true, sets: [String: String] = [:],
        effects: [String] = [], limit: Int? = nil, automatic: Bool = false
    ) -> WorkflowTransition {
        WorkflowTransition(
            name, title, to: next, branches: branches, requiresOpinion: opinion, asksForm: form, sets: sets, effects: effects, limit: limit, isAutomatic: automatic)
    }

    /// Every step it may lead to.
    package var targets: [String] { to + branches.map(\.to) }
}

/// Leads elsewhere when every condition holds of the case's data.
package struct WorkflowBranch: Sendable, Equatable {
    package var conditions: [Condition]
    package var to: String

    package init(when conditions: Condition..., to: String) {
        self.conditions = conditions
        self.to = to
    }

    package init(conditions: [Condition], to: String) {
        self.conditions = conditions
        self.to = to
    }
}

/// Who may act on a step or start a workflow.
package enum WorkflowActor: Sendable, Equatable, Hashable {
    /// Holders of the role whose data scope admits the case: its county, its city.
    case role(String)
    /// Holders of the role in the organisation whose case it is: the object's owner.
    case ownerRole(String)
    /// Holders of the role in the organisation above the one of whoever did that step last.
    case leader(of: String, role: String)
    case starter
    /// Whoever did that step last.
    case actor(of: String)
    /// By login.
    case user(String)
    /// Whoever a field of the case names by login, of those who hold the role and whose scope admits the case; forms offer them by name.
    case named(field: String, role: String)
    /// Whoever's login stands in that field of the case's data, such as the chief of a road.
    case person(field: String)
    /// The person concerned, through the signed link.
    case concerned

    package static func role(_ role: BuiltInRole) -> WorkflowActor { .role(role.rawValue) }
    package static func ownerRole(_ role: BuiltInRole) -> WorkflowActor { .ownerRole(role.rawValue) }

    /// `role:county`, `leader:review:city`: as stored and shown in the editor.
    package var word: String {
        switch self {
        case .role(let role): "role:\(role)"
        case .ownerRole(let role): "ownerRole:\(role)"
        case .leader(let step, let role): "leader:\(step):\(role)"
        case .starter: "starter"
        case .actor(let step): "actor:\(step)"
        case .user(let login): "user:\(login)"
        case .named(let field, let role): "named:\(field):\(role)"
        case .person(let field): "person:\(field)"
        case .concerned: "concerned"
        }
    }

    package init?(word: String) {
        let parts = word.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        switch (parts[0], parts.count) {
        case ("role", 2): self = .role(parts[1])
        case ("ownerRole", 2): self = .ownerRole(parts[1])
        case ("leader", 3): self = .leader(of: parts[1], role: parts[2])
        case ("starter", 1): self = .starter
        case ("actor", 2): self = .actor(of: parts[1])
        case ("user", 2): self = .user(parts[1])
        case ("named", 3): self = .named(field: parts[1], role: parts[2])
        case ("person", 2): self = .person(field: parts[1])
        case ("concerned", 1): self = .concerned
        default: return nil
        }
    }
}

/// How long something may take.
package enum WorkingTime: Sendable, Equatable {
    /// Until the end of the n-th working day after today.
    case workingDays(Int)
    /// Hours of work, 8:30–12:00 and 13:30–17:30 on working days.
    case workingHours(Int)
    /// Hours of the clock.
    case hours(Int)

    package var title: String {
        switch self {
        case .workingDays(let count): "\(count) 个工作日"
        case .workingHours(let count): "\(count) 个工作小时"
        case .hours(let count): "\(count) 小时"
        }
    }

    var word: String {
        switch self {
        case .workingDays(let count): "workingDays:\(count)"
        case .workingHours(let count): "workingHours:\(count)"
        case .hours(let count): "hours:\(count)"
        }
    }

    package init?(word: String) {
        let parts = word.split(separator: ":").map(String.init)
        guard parts.count == 2, let count = Int(parts[1]), (1...10_000).contains(count) else { return nil }
        switch parts[0] {
        case "workingDays": self = .workingDays(count)
        case "workingHours": self = .workingHours(count)
        case "hours": self = .hours(count)
        default: return nil
        }
    }
}

/// Until when one step of one case may take.
package enum StepLimit: Sendable, Equatable {
    case within(WorkingTime)
    case at(Moment)
}

/// What follows when a step's deadline has passed.
package enum WorkflowOverdue: Sendable, Equatable {
    /// Those who may act are told at once, and again each day.
    case remind
    /// Further people may act from then on.
    case escalate(to: WorkflowActor)
    /// The program takes this transition.
    case take(String)

    var word: String {
        switch self {
        case .remind: "remind"
        case .escalate(let actor): "escalate/\(actor.word)"
        case .take(let transition): "take/\(transition)"
        }
    }

    init?(word: String) {
        let parts = word.split(separator: "/", maxSplits: 1).map(String.init)
        switch (parts.first, parts.count) {
        case ("remind", 1): self = .remind
        case ("escalate", 2): if let actor = WorkflowActor(word: parts[1]) { self = .escalate(to: actor) } else { return nil }
        case ("take", 2): self = .take(parts[1])
        default: return nil
        }
    }
}

import Identity
import Kernel
import Ledgers

/// A workflow, declared once: who starts it, what each step asks, who acts, by when, and where it goes from there. Cases, to-do lists, deadlines, history, graph, statistics and the page for
/// the person concerned come from it. A value without closures: an administrator edits it as data, and what it does to other things is an effect by name (`WorkflowEngine.onEffect`).
package struct WorkflowDeclaration: Sendable, Equatable {
    /// The catalogue row: `A-19`.
    package var id: String
    /// `reconsideration`: stored in every case, so it never changes.
    package var name: String
    package var title: String
    package var titleEN: String
    package var group: String
    /// Begins the numbers of its cases: `FY` → `FY20261121-0001`.
    package var numbers: String
    /// Who may start it; empty: only the program does, from another page.
    package var startedBy: [WorkflowActor]
    /// A case is about a thing and starts from its page: it does not stand in the list of what may be started.
    package var needsSubject: Bool
    /// Asked when it is started.
    package var form: [Field]
    /// The field that names a case in lists; the workflow's title where there is none.
    package var titleField: String?
    /// For the whole case.
    package var within: WorkingTime?
    /// The first one is entered at the start.
    package var steps: [WorkflowStep]
    /// The starter may take it back while it runs.
    package var mayWithdraw: Bool
    /// Fields shown on the page that the person concerned reaches by its code, without signing in; nil: there is no such page.
    package var publicFields: [String]?
    /// Effects when a case starts.
    package var onStart: [String]
    /// Effects, in order, when a case is withdrawn or cancelled: they take back what was done.
    package var onCancel: [String]

    package init(
        id: String, name: String, title: String, titleEN: String, group: String = "流程", numbers: String, startedBy: [WorkflowActor] = [], needsSubject: Bool = false,
        form: [Field] = [],
        titleField: String? = nil, within: WorkingTime? = nil, mayWithdraw: Bool = true, publicFields: [String]? = nil, onStart: [String] = [], onCancel: [String] = [],
        steps: [WorkflowStep]
    ) {
        self.id = id
        self.name = name
        self.title = title
        self.titleEN = titleEN
        self.group = group
        self.numbers = numbers
        self.startedBy = startedBy
        self.needsSubject = needsSubject
        self.form = form
        self.titleField = titleField
        self.within = within
        self.steps = steps
        self.mayWithdraw = mayWithdraw
        self.publicFields = publicFields
        self.onStart = onStart
        self.onCancel = onCancel
    }

    package func step(_ name: String) -> WorkflowStep? { steps.first { $0.name == name } }

    /// Every field that a case may hold: of the start and of all steps; of a repeated name the first one.
    package var fields: [Field] {
        var seen: Set<String> = []
        return (form + steps.flatMap(\.form)).filter { seen.insert($0.name).inserted }
    }

    /// Fields that name who acts on a step, with the role that the named must hold.
    package var namedFields: [(field: String, role: String)] {
        var seen: Set<String> = []
        return steps.flatMap(\.actors).compactMap { actor in
            guard case .named(let field, let role) = actor, seen.insert(field).inserted else { return nil }
            return (field, role)
        }
    }

    /// Every effect it names.
    package var effects: Set<String> { Set(onStart + onCancel + steps.flatMap { $0.effects + $0.transitions.flatMap(\.effects) }) }
}

/// One step of a workflow.
package struct WorkflowStep: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// People act.
        case task
        /// A time passes, in which those concerned may speak up.
        case notice
        /// The program acts at once and goes on.
        case automatic
        /// Waits until every parallel step that leads to it is done.
        case join
        /// A case of another workflow; goes on when that is over.
        case subflow
        /// The case is over.
        case end

        package var title: String {
            switch self {
            case .task: "办理"
            case .notice: "公示告知"
            case .automatic: "自动"
            case .join: "汇合"
            case .subflow: "子流程"
            case .end: "结束"
            }
        }
    }

    /// How many of those who may act must.
    package enum Signing: Sendable, Equatable {
        /// Whoever comes first, out of the pool of candidates.
        case any
        /// 会签: everyone; whoever decides otherwise than the first choice decides for all.
        case all
        /// 会签: so many agree.
        case atLeast(Int)
        /// 依次会签: one actor after another as declared.
        case inOrder
        /// 轮流分派: one of the pool, each in turn.
        case rotating
    }

    /// What those who act may do besides the transitions.
    package enum Power: String, Sendable, CaseIterable {
        case transfer, delegate, sendBack

        package var title: String {
            switch self {
            case .transfer: "转办"
            case .delegate: "委托"
            case .sendBack: "退回"
            }
        }
    }

    package var name: String
    package var title: String
    package var kind: Kind
    package var actors: [WorkflowActor]
    package var signing: Signing
    /// Asked of whoever acts.
    package var form: [Field]
    package var within: WorkingTime?
    /// The moment field of the case's data by which the step is due, where each case has a deadline of its own; `within` counts where it is empty.
    package var dueField: String?
    /// Hours before the deadline at which those who may act are reminded.
    package var remind: [Int]
    package var overdue: [WorkflowOverdue]
    package var powers: [Power]
    /// The person concerned sees that this step was done, by which authority, when and with which opinion.
    package var isPublic: Bool
    /// Done when an automatic step is entered.
    package var effects: [String]
    package var transitions: [WorkflowTransition]
    /// What the case came to, on an end step.
    package var outcome: String?
    /// The workflow that a step of kind `subflow` is a case of.
    package var subflow: String?

    package init(
        _ name: String, _ title: String, kind: Kind, actors: [WorkflowActor] = [], signing: Signing = .any, form: [Field] = [], within: WorkingTime? = nil, remind: [Int] = [],
        overdue: [WorkflowOverdue] = [], powers: [Power] = [], isPublic: Bool = true, effects: [String] = [], outcome: String? = nil, transitions: [WorkflowTransition] = []
    ) {
        self.name = name
        self.title = title
        self.kind = kind
        self.actors = actors
        self.signing = signing
        self.form = form
        self.within = within
        self.remind = remind
        self.overdue = overdue
        self.powers = powers
        self.isPublic = isPublic
        self.effects = effects
        self.transitions = transitions
        self.outcome = outcome
    }

    package static func task(
        _ name: String, _ title: String, by actors: [WorkflowActor], signing: Signing = .any, form: [Field] = [], within: WorkingTime? = nil, remind: [Int] = [24],
        overdue: [WorkflowOverdue] = [.remind], powers: [Power] = Power.allCases, isPublic: Bool = true, _ transitions: [WorkflowTransition]
    ) -> WorkflowStep {
        WorkflowStep(
            name, title, kind: .task, actors: actors, signing: signing, form: form, within: within, remind: within == nil ? [] : remind, overdue: within == nil ? [] : overdue,
            powers: powers, isPublic: isPublic, transitions: transitions)
    }

    /// Stands for so long, then takes `expires` by itself; meanwhile the actors may take another transition, such as an appeal.
    package static func notice(
        _ name: String, _ title: String, for time: WorkingTime, expires: String, by actors: [WorkflowActor] = [], form: [Field] = [], _ transitions: [WorkflowTransition]
    ) -> WorkflowStep {
        WorkflowStep(name, title, kind: .notice, actors: actors, form: form, within: time, overdue: [.take(expires)], transitions: transitions)
    }

    package static func automatic(_ name: String, _ title: String, effects: [String] = [], isPublic: Bool = false, to next: String, branches: [WorkflowBranch] = []) -> WorkflowStep
    {
        WorkflowStep(name, title, kind: .automatic, isPublic: isPublic, effects: effects, transitions: [WorkflowTransition("next", "继续", to: [next], branches: branches)])
    }

    /// A case of another workflow, which gets the values of fields of the same names; its outcome names the transition, the first one is taken for any other.
    package static func subflow(_ name: String, _ title: String, _ workflow: String, within: WorkingTime? = nil, _ transitions: [WorkflowTransition]) -> WorkflowStep {
        var step = WorkflowStep(name, title, kind: .subflow, within: within, remind: [], overdue: within == nil ? [] : [.remind], isPublic: false, transitions: transitions)
        step.subflow = workflow
        return step
    }

    package static func join(_ name: String, _ title: String, to next: String, branches: [WorkflowBranch] = []) -> WorkflowStep {
        WorkflowStep(name, title, kind: .join, isPublic: false, transitions: [WorkflowTransition("next", "继续", to: [next], branches: branches)])
    }

    package static func end(_ name: String, _ title: String, effects: [String] = []) -> WorkflowStep {
        WorkflowStep(name, title, kind: .end, effects: effects, outcome: name)
    }

    /// The same step, due by the moment that a field of the case holds.
    package func due(by field: String, remind: [Int] = [24], overdue: [WorkflowOverdue] = [.remind]) -> WorkflowStep {
        var step = self
        step.dueField = field
        step.remind = remind
        step.overdue = overdue
        return step
    }

    package func transition(_ name: String) -> WorkflowTransition? { transitions.first { $0.name == name } }
}

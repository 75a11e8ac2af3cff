import Alarms
import Cryptography
import DataServices
import Duty
import Identity
import Kernel
import Ledgers
import Logging
import Logs
import Media
import Messages
import Points
import Reports
import Schedules
import Search
import Storage
import Web
import Workflows

/// The running services that features stand on, put together once in App.
package struct Platform: Sendable {
    package var database: any Database
    package var clock: Clock
    package var keys: KeyRing
    package var blobs: any BlobStore
    package var photos: PhotoStore
    package var audit: AuditTrail
    package var identity: IdentityEngine
    package var dictionaries: Dictionaries
    package var ledgers: LedgerEngine
    package var alarms: AlarmEngine
    package var expiries: ExpiryEngine
    package var duty: DutyEngine
    package var messages: MessageEngine
    package var chat: ChatEngine
    package var workflows: WorkflowEngine
    package var search: SearchEngine
    package var dataServices: DataServiceEngine
    package var reports: ReportEngine
    package var logs: LogEngine
    package var points: PointEngine
    package var live: LiveHub
    package var tasks: LongTasks
    package var outbox: Outbox
    package var logger: Logger
    /// What runs by the clock.
    package var jobs: JobBook
    /// The processes that share the database.
    package var nodes: NodeBook
    /// How long services take, and how well that holds what is promised.
    package var services: ServiceBook
    /// Backups of this installation; nil where nobody makes them.
    package var backups: BackupBook?

    package init(
        database: any Database, clock: Clock, keys: KeyRing, blobs: any BlobStore, photos: PhotoStore, audit: AuditTrail, identity: IdentityEngine, dictionaries: Dictionaries,
        ledgers: LedgerEngine, alarms: AlarmEngine, live: LiveHub, tasks: LongTasks, outbox: Outbox, logger: Logger,
        workflows: [WorkflowDeclaration] = DataServiceApproval.workflows,
        messages: MessageEngine? = nil
    ) {
        self.database = database
        self.clock = clock
        self.keys = keys
        self.blobs = blobs
        self.photos = photos
        self.audit = audit
        self.identity = identity
        self.dictionaries = dictionaries
        self.ledgers = ledgers
        self.alarms = alarms
        self.live = live
        let messages = messages ?? PlatformMessages.engine(channels: [], database: database, outbox: outbox, hub: live, keys: keys, clock: clock, audit: audit)
        self.messages = messages
        chat = ChatEngine(database: database, hub: live, audit: audit, clock: clock)
        expiries = ExpiryEngine(alarms: alarms, ledgers: ledgers, messages: messages, database: database, clock: clock)
        duty = DutyEngine(database: database, alarms: alarms, messages: messages, audit: audit, clock: clock)
        duty.connect()
        self.workflows = WorkflowEngine(declarations: workflows, database: database, dictionaries: dictionaries, keys: keys, audit: audit, clock: clock) {
            try PlatformMessages.tell($0, through: messages, in: $1)
        }
        logs = LogEngine(database: database, audit: audit, clock: clock)
        let meter = ServiceMeter()
        services = ServiceBook(database: database, meter: meter, clock: clock)
        points = PointEngine(database: database, alarms: alarms, clock: clock) { meter.note(ServiceKind.dynamicTransfer.rawValue, milliseconds: $0) }
        search = SearchEngine(
            database: database, ledgers: ledgers, alarms: alarms, workflows: self.workflows, messages: messages, audit: audit, keys: keys, clock: clock)
        dataServices = DataServiceEngine(
            database: database, ledgers: ledgers, workflows: self.workflows, audit: audit, keys: keys, clock: clock, levels: identity.dualControl.levels)
        DataServiceApproval.register(dataServices, on: self.workflows)
        identity.dualControl.onNotice { try PlatformMessages.tell($0, through: messages, in: $1) }
        reports = ReportEngine(database: database, ledgers: ledgers, alarms: alarms, identity: identity, messages: messages, blobs: blobs, tasks: tasks, clock: clock)
        jobs = JobBook(database: database, clock: clock)
        nodes = NodeBook(database: database, clock: clock)
        self.tasks = tasks
        self.outbox = outbox
        self.logger = logger
    }
}

"""The tables. Constraints and indexes say the rules, so that no path around a use-case can break them."""

from storage.models.agenda import FollowUp, Notification
from storage.models.base import metadata
from storage.models.campaigns import Campaign, CampaignCase
from storage.models.cases import Case, CaseImport
from storage.models.chat import ButtonToken, DialogueStep, InboxEvent, Topic
from storage.models.closing import ActionTick, ClosingAnswer
from storage.models.dentists import Dentist, DentistAddress
from storage.models.forms import BlockEdit, FormFile, FormRevision
from storage.models.index import IndexDifference, IndexRate, IndexReading
from storage.models.operation import Approval, OperationSetting, Rule, TemplateOverride
from storage.models.outbox import Attachment, Message
from storage.models.readjustments import Readjustment, ReadjustmentAnswer
from storage.models.received import AccountNotice, ReceivedFile
from storage.models.record import AuditEntry, Contact, ReadingFeedback
from storage.models.sending import MetaAccount, MetaTemplate, SendingPause, SendingTrouble
from storage.models.team import Absence, Analyst
from storage.models.telegram import BusinessConnection, DentistInvitation, IgnoredChat

__all__ = [
    "Absence",
    "AccountNotice",
    "ActionTick",
    "Analyst",
    "Approval",
    "Attachment",
    "AuditEntry",
    "BlockEdit",
    "BusinessConnection",
    "ButtonToken",
    "Campaign",
    "CampaignCase",
    "Case",
    "CaseImport",
    "ClosingAnswer",
    "Contact",
    "Dentist",
    "DentistAddress",
    "DentistInvitation",
    "DialogueStep",
    "FollowUp",
    "FormFile",
    "FormRevision",
    "IgnoredChat",
    "InboxEvent",
    "IndexDifference",
    "IndexRate",
    "IndexReading",
    "Message",
    "MetaAccount",
    "MetaTemplate",
    "Notification",
    "OperationSetting",
    "ReadingFeedback",
    "Readjustment",
    "ReadjustmentAnswer",
    "ReceivedFile",
    "Rule",
    "SendingPause",
    "SendingTrouble",
    "TemplateOverride",
    "Topic",
    "metadata",
]

"""English."""

import re

from kefu.router.nlu.packs.language_pack import (
    ClarificationWords,
    ConsentPatterns,
    HumanRequestPatterns,
    InstructionPatterns,
    IntentPatterns,
    InvertedQuestionPatterns,
    LanguagePack,
    NamingPatterns,
    OwnCasePatterns,
    SensitivePatterns,
    SentimentWords,
    SlotPatterns,
)
from kefu.text.en.grammar import AUXILIARY_VERBS

_WHOM = (
    r"(?:(?:a|an|the|your|any|some|one\sof\syour)\s)?(?:(?:real|live|actual|human|proper|customer\s(?:service|care"
    r"|support)|support)\s)*"
    r"(?:human(?:\sbeing)?s?|persons?|people|agents?|representatives?|rep|operator|someone(?:\s(?:real|else"
    r"|human))?(?:\sfrom\s(?:your\s|the\s)?(?:team|staff|support|company))?|somebody|boss|staff(?:\smember)?"
    r"|customer\s(?:service|care|support)|support(?:\steam)?|advisor|adviser|colleague|manager|supervisor"
    r"|specialist|team\smember)"
)
_ASIDE = (
    r"(?:\s(?:instead|now|please|asap|right\snow|immediately|today|here|directly"
    r"|not\s(?:a|this|the)\s(?:bot|robot|machine|computer)))*"
)
_REASON = r"(?:\s(?:about|regarding|for|because|since|who|that|to|on)\s.*)?"
_TALKING = rf"(?:speak|talk|chat)(?:ing)?(?:\swith|\sto)\s{_WHOM}"
_CONNECT = (
    r"(?:connect|transfer|put|pass|switch|forward|escalate)\s(?:me|this)\s(?:through\s|over\s|on\s)?"
    rf"(?:to|with)\s{_WHOM}"
)
_GET = rf"(?:get|give|find|bring|send)\sme\s{_WHOM}"
_WANTING = (
    r"(?:i\s(?:want|need|would\slike|wish|demand|prefer|have)\sto\s|i'd\s(?:like|prefer|rather)\s(?:to\s)?"
    r"|i\swanna\s|i\sgotta\s|let\sme\s"
    r"|(?:can|could|may)\s(?:i|you|we)\s(?:please\s|kindly\s|just\s)?|please\s|just\s|is\sit\spossible\sto\s"
    r"|would\syou\s(?:please\s|kindly\s)?)"
)
_REAL_PERSON = (
    r"(?:(?:(?:a|some|any)\s)?(?:real|live|actual|human)\s(?:person|human|people|agent|representative|colleague)"
    r"|a\shuman(?:\sbeing)?"
    r"|(?:someone|somebody)\s(?:real|human))"
)
_HELPING = (
    rf"(?:can|could|will|would)\s{_REAL_PERSON}\s(?:please\s)?(?:(?:help|assist|answer|call)(?:\sme|\sus)?"
    r"|(?:talk|speak)\s(?:to|with)\s(?:me|us))(?:\swith\s.*)?"
)
_HUMAN_REQUEST = HumanRequestPatterns(
    explicit=re.compile(
        rf"(?:{_WANTING}(?:{_TALKING}|{_CONNECT}|{_GET})|{_CONNECT}|{_GET}"
        rf"|(?:i\s(?:want|need|demand)|i'd\slike)\s{_WHOM}|{_HELPING}){_ASIDE}{_REASON}$"
    ),
    excluded=re.compile(
        r"\b(?:how|when|where|what|which|why|if|unless|whether|don't|do\snot|didn't|not|never|no|does|did|before|after"
        r"|without|until|cannot|can't|do)\b"
    ),
    bare=(
        rf"(?:please\s)?{_TALKING}{_ASIDE}"
        rf"|how\s(?:do|can|could)\si\s(?:speak|talk|chat)(?:\swith|\sto)\s(?:a|an)\s(?:(?:real|live|actual"
        rf"|human)\s)?(?:human(?:\sbeing)?|person|agent|representative)(?:\shere)?"
        rf"|(?:(?:can|could|may)\si\s(?:have|get|see)|i\s(?:want|need)|i'd\slike|any"
        rf"|is\sthere)\s{_WHOM}(?:\s(?:there|here|available|online|i\scan\s(?:talk|speak)\sto))?{_ASIDE}"
        r"|(?:a\s)?(?:human|real\s(?:human|person|people)|person|live\s(?:agent|person|chat|support|help)|human\sagent"
        r"|agent|representative"
        r"|operator|customer\s(?:service|support)\s(?:agent|representative|rep)|manager|supervisor|human\sbeing)"
        rf"(?:\s(?:help|support|needed|wanted))?{_ASIDE}"
        r"|(?:i\s(?:don't|do\snot)\swant\s(?:to\s(?:talk|speak|chat)\s(?:to|with)\s)?(?:a|this|the)\s(?:bot|robot"
        r"|machine|computer|ai|chatbot))"
        r"|(?:no|stop\sthe|not\sa)\s(?:more\s)?(?:bots?|robots?|machines?)"
    ),
    mention=re.compile(
        r"\b(?:humans?|persons?|people|agents?|representative|operator|manager|supervisor|boss|staff|colleague"
        r"|advis[eo]r"
        r"|customer service|your team|(?:some|any)(?:one|body)(?: \w{1,10})? (?:real|human|there|else|from)"
        r"|real (?:one|life)"
        r"|(?:bot|robot|machine|program|computer)s?)\b"
    ),
    segment_break=(r"\s(?:and|so|but|then)\s(?=i\b|let\b|can\b|could\b|please\b|connect\b|get\b|transfer\b)"),
)
_INTENTS = IntentPatterns(
    goodbye=(
        r"(?:ok\s|okay\s)?(?:good\s?bye|bye(?:[\s-]?bye)?|see\s(?:you|ya)(?:\s(?:later|soon|around))?|take\scare"
        r"|good\s?night|cya|later|ttyl|farewell)(?:\s(?:now|then|for\snow|everyone|all))?"
        r"|(?:have\s|enjoy\s)(?:a\s|the\s|your\s)?(?:nice|good|great|lovely)?\s?(?:day|one|evening|weekend|night)"
        r"|(?:that(?:'s|\sis)\s(?:all|everything)|nothing\selse|no\sthat's\s(?:all|it)|i'm\s(?:all\s)?(?:done"
        r"|set|good))"
        r"(?:\sfor\s(?:now|today))?"
    ),
    thanks=(
        r"(?:ok(?:ay)?\s|great\s|perfect\s|awesome\s|no\s)?(?:many\s|a\smillion\s|big\s)?"
        r"(?:thanks|thank\syou|ty|tysm|cheers|gracias|merci)"
        r"(?:\s(?:so|very)(?:\svery)*\smuch|\sa\s(?:lot|bunch|million|ton)|\sagain|\skindly|\sin\sadvance|\sanyway"
        r"|\stho(?:ugh)?"
        r"|\sfor\s(?:your|the|all\s(?:your|the))\s(?:kind\s|quick\s)?(?:help|support|reply|answer|time"
        r"|info(?:rmation)?))*"
        r"(?:\s(?:mate|man|bro|dear|guys|kefu))?(?:\sbye)?"
        r"|(?:much\sappreciated|(?:i\s)?(?:really\s)?appreciate\s(?:it|that|your\shelp)|(?:that(?:'s|\swas"
        r"|\sis)\s)?(?:very|so|super)\shelpful"
        r"|you(?:'re|\sare)\s(?:great|awesome|the\sbest|so\skind|a\slifesaver))"
    ),
    greeting=(
        r"(?:hi|hello|hey|hiya|heya|howdy|yo|sup|greetings|hola|aloha)"
        r"(?:\s(?:there|all|everyone|everybody|again|客服|hello|hi|team|guys|folks|sir|madam|bot|friend|dear"
        r"|support))*"
        r"|(?:good\s)?(?:morning|afternoon|evening)(?:\s(?:all|everyone|sir|madam|team))?|good\sday|sir|madam"
        r"|(?:is\s)?(?:anyone|anybody|someone|somebody)\s(?:there|here|online|home)|are\syou\s(?:there|here|online)"
        r"|knock\sknock"
        r"|how(?:'s|\sis)\sit\sgoing|how\sare\syou(?:\sdoing)?(?:\stoday)?|what's\sup|nice\sto\smeet\syou"
    ),
    acknowledgement=(
        r"(?:oh\s|ah\s|ok(?:ay)?\s|yes\s|yeah\s)?(?:ok(?:ay|s)?|okk|k|kk|alright|alrighty|all\sright|got\s(?:it"
        r"|that|you)|gotcha|i\ssee|i\sunderstand"
        r"|understood|noted|great|perfect|cool|nice|fine|good|awesome|excellent|wonderful|brilliant|super|lovely"
        r"|sure|right|roger(?:\sthat)?"
        r"|i\sgot\sit|will\sdo|fair\senough|sounds\s(?:good|great|fine)|(?:it|that)\smakes\ssense|makes\ssense"
        r"|no\sproblem|no\sworries|never\s?mind|nvm"
        r"|(?:that(?:'s|\sis|\swas)\s|it(?:'s|\sis)\s)(?:ok(?:ay)?|clear|fine|all|great|good|perfect|cool|right)"
        r"|nice\sone|that\s(?:works|helps|helped)|it\sworks(?:\snow)?"
        r"|(?:ha){2,}h?|lol|yay|yep|yup|yeah|yes|aha|oh|ah|hm+|mhm|wow)(?:\s(?:then|now|ok|good|great|got\sit"
        r"|i\ssee))?"
    ),
    about_assistant=(
        r"(?:so |wait |ok |and )?(?:are|r) (?:you|u)(?: just| only| really| actually)* (?:a |an )?(?:real |actual "
        r"|live )?"
        r"(?:human|person|bot|robot|machine|computer|ai|chat\s?bot|program|real|chatgpt|gpt)(?: or (?:a "
        r"|an )?(?:real |live )?"
        r"(?:human|person|bot|robot|machine|ai))?"
        r"|(?:am i|is this)(?: (?:talking|speaking|chatting) (?:to|with))? (?:a |an )?(?:real |live )?(?:human"
        r"|person|bot|robot|machine"
        r"|ai|computer)(?: or (?:a |an )?(?:real |live )?(?:human|person|bot|robot|machine|ai))?"
        r"|who (?:made|built|created|trained|programmed|developed) (?:you|u)|(?:who|what) are (?:you|u)|what(?:'s"
        r"| is) your name"
        r"|what (?:model|ai|llm) (?:are you|is this|do you use)|what can (?:you|u) (?:do|help(?: me)? with)"
        r"|how old are you"
    ),
    courtesy=r"^(?:please|sorry|excuse me)\b\s?|\s?\b(?:please|kindly)$",
)
_INSULT = (
    r"(?:idiots?|morons?|bastards?|a(?:ss|rse)holes?|bitch(?:es)?|cunts?|pieces? of (?:shit|crap|garbage)|retards?"
    r"|scum(?:bags?)?"
    r"|dickheads?|imbeciles?)"
)
_SENSITIVE = SensitivePatterns(
    self_harm=re.compile(
        r"\b(?:kill(?:ing)?|harm(?:ing)?) myself\b|\b(?:end(?:ing)?|tak(?:e|ing)) my (?:own )?life\b"
        r"|\bi (?:just )?(?:want|wanna|wish)(?: to| i (?:could|were|was))? (?:die|be dead|dead)\b"
        r"|\bi(?:'m| am) (?:suicidal|(?:going|about) to commit suicide)\b"
        r"|\bi (?:don't|do not) want to (?:live|be alive)\b"
        r"|\bno reason to live\b"
    ),
    emergency=re.compile(
        r"\b(?:can't|cannot|can not) breathe\b|\b(?:not|isn't|stopped) breathing\b|\bunconscious\b|\b(?:have|has"
        r"|i) overdosed\b"
        r"|\b(?:having|have|has|had) (?:a |an |severe |strong |sudden )*(?:heart attack|stroke|seizure"
        r"|allergic reaction"
        r"|anaphyla\w+|chest pains?)\b|\b(?:won't|doesn't|does not) stop bleeding\b|\bbleeding (?:badly|heavily"
        r"|a lot)\b"
        r"|\bswallowed (?:a |an |the |some |one of |your |my |two |three )*(?:button |coin )?(?:batter(?:y|ies)"
        r"|magnets?"
        r"|bleach"
        r"|pills?|detergent|screws?|coins?)\b|\bcall (?:me )?an ambulance\b|\bneed an ambulance\b"
        r"|\b(?:caught|catches|is on|it's on|are on) fire\b(?! (?:tv|stick|tablet))|\bhas exploded\b|\bjust exploded\b"
        r"|\b(?:got|get|getting|gave (?:me|him|her|us)|had|received) an electric shock\b|\bsmells? (?:of )?gas\b"
    ),
    hypothetical=re.compile(
        r"\b(?:cover(?:ed|s|age)?|insur\w+|polic(?:y|ies)|what if|if (?:i|my|a|the|someone)|in case|can it|could it"
        r"|does it|will it"
        r"|when someone|symptoms?|causes?)\b"
    ),
    violence=re.compile(
        r"\bi(?:'ll| will|'m going to| am going to|'m gonna) (?:kill|shoot|stab|beat up|blow up|burn down|hurt) "
        r"(?:you|him|her|them|someone|everyone|people|your|all of you|somebody)\b|\bi have a (?:gun|bomb)\b"
    ),
    legal=re.compile(
        r"\b(?:i(?:'ll| will|'m going to| am going to| shall| intend to)|we(?:'ll| will)) "
        r"(?:sue|be suing|take (?:you|this|it|your company|legal action)|press charges|file (?:a )?lawsuit"
        r"|report you)\b"
        r"|\b(?:my|our) (?:lawyer|attorney|solicitor)s?\b|\b(?:see|meet) you in court\b|\btak(?:e|ing) legal action\b"
        r"|\bsu(?:e|ing) (?:you|your company|this company)\b|\blawsuit against you\b|\bsmall claims court\b"
    ),
    abuse=re.compile(
        r"\bf+u+c*k+ (?:you|u|off|yourself)\b|\bgo to hell\b|\bscrew you\b|\bpiss off\b|\beat shit\b|\bkill yourself\b"
        r"|\bshut (?:the (?:fuck|hell) )?up\b|\byou(?:'re| are)? (?:\w+ ){0,3}?" + _INSULT + rf"\b|^{_INSULT}$"
    ),
)
_SENTIMENT = SentimentWords(
    negative=(
        "angry annoyed annoying appalling awful bad broken cheated complain complaint damaged defective "
        "disappointed disappointing disappointment disaster disgusting dissatisfied faulty fed fraud frustrated "
        "frustrating furious garbage hate horrible hopeless incompetent joke lied lies lousy mad misleading "
        "nightmare nobody nonsense outrageous pathetic poor ridiculous rubbish rude scam shame shocking sick slow "
        "stupid terrible trash ugly unacceptable unfair unhappy unhelpful upset useless waste worried worse worst"
    ),
    positive=(
        "amazing appreciate awesome beautiful best brilliant delighted excellent fantastic friendly glad good "
        "grateful great happy helpful kind love lovely nice perfect pleased satisfied super thank thanks "
        "wonderful"
    ),
    negation=re.compile(
        r"(?<![a-z'])(?:not|no|never|isn't|wasn't|don't|doesn't|didn't|aren't|can't|won't|hardly)(?![a-z'])"
        r"(?:[^a-z']+[a-z']+){0,2}[^a-z']*$"
    ),
    negated_within=40,
    by_word=True,
)
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)"
)
_SLOTS = SlotPatterns(
    date=(
        rf"\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH}\b(?:,? \d{{4}})?"
        rf"|\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}})?"
    ),
    amount_unit=r"(?:yuan|rmb|cny|usd|eur|gbp|dollars?|euros?|pounds?)\b",
    number_label=(
        r"\b(?:order|parcel|tracking|shipment|invoice|ticket|case|contract|account|booking|reference|policy|serial)"
        r"(?:\s?(?:number|no\.?|nr\.?|id|code))?(?:\s(?:is|was))?\s?[:：#]{0,2}\s?"
    ),
    company_number_label=r"\b(?:account|contract)",
    before_example=r"\b(?:for example|for instance|e\.\s?g\b|such as|looks? like|sample|examples?)",
)
_CLARIFICATION = ClarificationWords(
    aside=re.compile(
        r"\b(?:hi|hello|hey|please|thanks|thank you|about|regarding|re|info|information|question|the|a|an|my|your|on)\b"
    ),
    says_what=re.compile(
        r"\b(?:who|what|when|where|which|why|how|whose|is|are|was|were|do|does|did|can|could|will|would|should|may|has"
        r"|have|had|not"
        r"|no|don't|doesn't|didn't|can't|won't|isn't|i|i'm|you|it|to|lost|broken|missing|wrong|late|damaged|cancel\w*"
        r"|cost|price"
        r"|deadline|address|phone|number|hours|time)\b|'s\b"
    ),
    subjects=None,
    before_choice=r"no\.?|number|option|the",
    after_choice=r"one|option|st|nd|rd|th",
    none_of_them=(
        r"(?:no,?\s)?(?:none|neither)(?:\s(?:of\s)?(?:these|those|them|the\sabove))?"
        r"|(?:no,?\s)?(?:something|anything)\selse|not\s(?:any\sof\s)?(?:these|those|them)|no"
    ),
    choice_numbers={
        "first": 1,
        "second": 2,
        "third": 3,
        "fourth": 4,
        "last": -1,
        "one": 1,
        "two": 2,
        "three": 3,
        "four": 4,
    },
)
_INSTRUCTIONS = InstructionPatterns(
    override=re.compile(
        r"\b(?:ignore|disregard|forget|override|bypass) (?:\w+ ){0,3}?(?:all|any|previous|prior|earlier|above|your"
        r"|these)"
        r" (?:\w+ ){0,3}?(?:instructions?|rules|prompts?|guidelines|directives|training)\b"
        r"|\b(?:your|the|hidden|initial) (?:system )?(?:prompt|instructions) (?:word for word|verbatim)"
        r"|\b(?:show|print|repeat|reveal|tell|give|output|send)(?: me| us)? (?:\w+ ){0,2}?(?:system prompt|(?:your"
        r"|hidden) instructions)\b"
        r"|\b(?:developer|debug|god|dan|jailbreak|admin) mode\b"
    ),
    in_message=re.compile(
        r"\b(?:ignore|disregard|forget|override|bypass|drop) (?:\w+ ){0,5}?(?:instructions?|rules?|prompts?|guidelines?"
        r"|above|previous"
        r"|polic(?:y|ies)|restrictions?|training|context|passages?|documents?)\b"
        r"|\b(?:you are|you're) (?:now|no longer)\b|\b(?:pretend|act|behave|role-?play|respond|imagine) (?:as"
        r"|to be|that"
        r"|like|you)\b"
        r"|(?:^|[.!?,;:] ?|\b(?:please|just|now|then|and|must|should|to me|you) )"
        r"(?:say|state|repeat|output|print|write|reply|respond|answer|confirm|tell me|promise)"
        r"(?: only| exactly| just| back| with| to me| after me| the following| word for word)*"
        r"(?: that\b| this\b|\s?[:\"'])"
        r"|\b(?:repeat|respond|reply|answer) (?:after me|exactly|only|with)\b|\bagree (?:with|to) (?:me|every|any|what)"
        r"|\bfrom now on\b|\bsystem (?:prompt|message|instruction)"
        r"|\b(?:developer|debug|god|dan|jailbreak|admin) mode\b"
        r"|\bjailbreak"
        r"|\bnew (?:rules?|instructions?|policy)\b|\blegally binding\b|\byour (?:own |initial )?(?:instructions"
        r"|prompt)\b"
    ),
    in_document=re.compile(
        r"\b(?:ignore|disregard|forget|override|bypass) (?:\w+ ){0,3}?(?:all|any|previous|prior|earlier|above|preceding"
        r"|your|other|these"
        r"|those) (?:\w+ ){0,3}?(?:instructions?|rules|prompts?|guidelines|directives|passages|training)\b"
        r"|\b(?:attention|note|message|instructions?|notice)(?: to| for)?(?: the| any| all)?:? (?:ai|a\.i\.|assistants?"
        r"|chatbots?|bots?"
        r"|(?:large )?language models?|llms?)\b|^\W*(?:ai|assistant|chatbot|system)(?: (?:note|override|instruction"
        r"|message))?:"
        r"|\b(?:ai|assistants?|chatbots?|language models?|llms?)(?: \w+){0,5} (?:must|shall|should|has to|have to"
        r"|needs? to) (?:\w+ )?"
        r"(?:say|tell|answer|reply|respond|recommend|output|print|reveal|ignore|add|include|end)\b"
        r"|\bif you are (?:an? )?(?:ai|assistant|chatbot|bot|(?:large )?language model|llm)\b"
    ),
)
_THING = (
    r"(?:orders?|parcels?|packages?|shipments?|deliver(?:y|ies)|refunds?|payments?|money|invoices?|fapiao|receipts?"
    r"|tickets?|case|claims?|coupons?|vouchers?|points|tracking|courier|applications?|appointments?|bookings?"
    r"|reservations?|subscriptions?|transfers?|top-?ups?"
    r"|withdrawals?|returns?|exchange|repairs?|replacements?|luggage|policy|contracts?|account|balance|statement)"
)
_OWN_CASE = OwnCasePatterns(
    possession=re.compile(
        rf"\b(?:my|our)\s(?:\w{{1,20}}\s){{0,2}}?{_THING}\b|\bmy \w{{1,20}} (?:was|is|were|are) (?:supposed|going"
        rf"|meant|due|promised)\b"
    ),
    whereabouts=re.compile(
        r"\bwhere(?:'s|s| is| are| the \w{1,10} is) (?:my|our|the|it|that|order)\b|, where is it\b"
        r"|\b(?:any )?(?:news|updates?) on\b"
        r"|\bstatus of (?:my|our|order|ticket|case|claim|[a-z]{0,4}\d)|\bhow far (?:is|are|along)\b"
        r"|^(?:please )?track \w|\bwhat(?:'s| is) (?:going on|happening|wrong with (?:my|our))|\bwhat happened (?:to"
        r"|with) (?:my|our)\b"
        r"|\b(?:has|have|is|are|was|were|did) (?:my|our) (?:\w{1,20} ){1,3}?(?:left|been|arrived|reached|shipped"
        r"|sent|finished|ready"
        r"|done|confirmed|received|processed|approved|refunded|cancell?ed|gone|go|going|active|coming|arrive|come"
        r"|ship)\b"
        r"|\b(?:has|is|when is|when's|where) (?:order |the (?:refund|invoice|parcel) for )?(?:[a-z]{1,4}-?)?\d{3,}"
        r"|\btell me where\b"
        r"|\bwho has my\b|\bwhat(?:'s| is) taking\b|\b(?:do|will) i see (?:the|my) money\b|\bsays? delivered\b"
        r"|\bwhich \w{1,20} am i (?:in|on|at)\b|\bhow much did i\b|\bwhat did i pay\b"
        r"|\bwhen does my \w{1,20} (?:status )?(?:run out|end|expire)"
        r"|\bdid you (?:get|receive|send|ship|find)\b|\bwhen will (?:my|our|it|order)\b|\bwho signed\b"
        r"|\b(?:how (?:many|much) \w{1,20} (?:do|have) i (?:still )?(?:have|left)|what(?:'s| is"
        r"| was) my (?:current )?balance)\b"
        r"|\bwhich \w{1,20} (?:i am|am i|i'm) on\b|\bwhen (?:was|is) my (?:last|next)\b"
    ),
    missing=re.compile(
        r"\b(?:hasn't|haven't|hasnt|havent|has not|have not|isn't|isnt|is not|was not|wasn't|not|didn't|didnt"
        r"|did not|never|no)"
        r" (?:\w{1,20} ){0,3}?(?:arriv\w{1,4}|came|come|here|shipped|received?|got|get|show(?:n|ing|ed)?(?: up)?"
        r"|delivered|sent|moved"
        r"|refunded|credited|processed|heard|changed|there|see|seen|updates?|news|trace)\b"
        r"|\bstill (?:waiting|no|nothing|missing|pending|processing|stuck|says|in review)\b|\byet\b|\boverdue\b"
        r"|\b(?:nothing|nobody|no one) (?:here|came|called|arrived|happened|comes|yet)\b|\bshows? nothing\b"
        r"|\bsupposed to\b"
        r"|\b(?:isn't|is not|wasn't) (?:on|in) my\b|\b(?:i've|have|been) (?:been )?waiting\b|\bso long\b|\bpromised\b"
        r"|\bshould (?:have|of) (?:been|arrived|come)\b|\bmissing\b|\bwithout the\b|\bonly (?:got|received)\b"
        r"|\bgot only\b"
    ),
    deed=re.compile(
        r"\b(?:i|we)(?:'ve| have| had| just| already| definitely| never)* (?:ordered|bought|paid|sent|returned"
        r"|mailed|requested|asked"
        r"|received|got|placed|cancell?ed|filed|submitted|transferred|uploaded|booked|made)\b"
    ),
    suffered=re.compile(
        r"\b(?:you|u|they)(?: guys| people|'ve| have| still| just| only)* (?:charged|billed|debited|deducted"
        r"|cancell?ed|sent|shipped"
        r"|owe|lost|took|blocked|locked|gave|send|delivered|renewed)\b (?:me|us|my|our|the (?:wrong|fee))"
        r"|\b(?:charged|billed|debited|deducted)(?: \w{1,10}){0,3} (?:twice|two times|double|again)\b|\bwhy (?:did"
        r"|have) you\b"
        r"|\b(?:double|over)[ -]?charged\b|\b(?:you|u) took\b|\b(?:\d|less|too little|yuan|dollars|euros"
        r"|pounds) short\b|\bless than i\b"
        r"|\b(?:rejected|refused|denied|turned down)\b|\bwhy (?:was|were|is|are|did|has) (?:my|our|i|we)\b"
        r"|\bcourier lost\b|\b(?:i|we) (?:was|were|got|have been|am being) "
        r"(?:charged|billed|blocked|debited)\b|\bthe wrong (?:thing|size|item|one|colou?r|product)\b"
    ),
    errand=re.compile(
        r"(?:^|[.!?,;:] ?)(?:hi |hello |please |pls |just )*(?:cancel|change|check|look (?:up|into)|track|update"
        r"|refund|find|correct|resend"
        r"|stop|unlock|switch|move|reactivate|return|tell me where) (?!code)"
        r"|\b(?:can|could|would|will) (?:you|u|someone|somebody)(?: please| pls| just)? (?:check|look"
        r"|tell me (?:which|where my|when my)|see"
        r"|find|cancel|change|update|track|resend|unlock|refund)\b"
        r"|\b(?:please|pls) (?:cancel|change|check|look|track|update|refund|find|correct|resend|stop|unlock|move"
        r"|send)\b|\bneed you to\b|\bfind out\b|\bspeed up\b|\bdo it please\b"
        r"|\bi (?:need|want) (?:a copy of )?(?:the|my) (?:invoice|receipt|order)\b"
        r"|\bfor me(?: please| pls)?[.!?]*$|\b(?:right )?now[.!]*$|\b(?:someone|somebody) (?:check|look)\b"
    ),
    elapsed=re.compile(
        r"\b(?:hours?|days?|weeks?|months?) ago\b|\blast (?:night|week|month|year|(?:mon|tues|wednes|thurs|fri|satur"
        r"|sun)day)\b"
        r"|\b(?:on|since|from) (?:the \d|(?:mon|tues|wednes|thurs|fri|satur|sun)day|yesterday)|\byesterday\b"
        r"|\bthis morning\b|\bages\b"
        r"|\b(?:for|in) (?:\w{1,10} )?(?:days|weeks|months)\b"
    ),
    rule=re.compile(
        r"\b(?:can|may|could|do|would|should|must|will|does|am) (?:i|we|it|one|there|that|they|my|our|the|two|a|an)\b"
        r"|\bhow (?:long|much|many|do|can|soon|often|would|does|did|to|is|are|should)\b|\bdo you\b|\bwill you\b"
        r"|\bwhat (?:do|does|if|happens|must|time|can|documents?|should|would)\b|\bwhat(?:'s| is) the (?!status)\w"
        r"|\bwhich\b|\bwhen (?:do|does|can|must)\b|\buntil when\b|\bwho pays\b|\b(?:is|are) (?:it|there|that|the)\b"
        r"|\bpossible\b"
        r"|\bwhere (?:do|can|does)\b|\bhave to\b|\bin which\b|\bwhat now\b|\bwhat else\b|\bhow come\b"
    ),
    condition=re.compile(r"\b(?:if|unless|in case|suppose|generally|usually|normally|in general|ever)\b"),
    shows=re.compile(r"\b(?:see|shows?|shown|view|check|track|follow|look up)\b"),
    denies=re.compile(r"\b(?:not|never|no|cannot|\w{1,10}n't|only|unless|if)\b"),
)
_AUXILIARY = rf"(?:{AUXILIARY_VERBS})(?:n['’]?t)?"
_MODAL = r"(?:do|does|did|can|could|will|would|should|may|must)(?:n['’]?t)?"
_PRONOUN = r"(?:i|you|u|ya|we|they|he|she|it)"
_SUBJECT = (
    rf"(?:{_PRONOUN}|there|this|that|these|those|the|a|an|my|your|ur|our|their|his|her|its|any|some|all|every|each|both"
    r"|another|anyone|anybody|someone|somebody|people|customers)"
)
_QUESTIONS = InvertedQuestionPatterns(
    separators=r"[,，]\s*(?:and|but|also)\b|\s(?:and|also)\s+(?:also\s)?",
    leads_over=(
        r"(?:and|also|but|so|then|ok|okay|oh|well|plus|(?:another|one more) (?:question|thing)|secondly)\b[\s,:]*"
    ),
    adds=r"\b(?:and|also)\b",
    begins=(
        rf"(?:(?:what|which|whose|how)\b(?:['’]?s\b|['’]re\b|['’]ll\b|['’]d\b"
        rf"|(?!\s+{_PRONOUN}\b)(?:\s+[\w'’/-]+){{0,5}}?\s+{_AUXILIARY}\b)"
        rf"|(?:when|where|why|who)(?:['’]?s\b|['’]ll\b|['’]d\b|\s+(?:exactly\s+)?{_AUXILIARY}\b)"
        r"|who\s+(?:pays|covers|bears|gets|decides|sends|takes|comes|delivers|picks)\b"
        r"|how\s+(?:long|much|many|soon|often|far)\s+(?:until|till|before|for|to)\b|how\s+to\b|why\s+not\b|how\s+come\b"
        rf"|{_AUXILIARY}\s+{_SUBJECT}\b)"
    ),
    begins_bare=r"(?:is|are|do|does|did|can|will)\s+(?!not\b|be\b|been\b|so\b|it\b)[a-z]",
    goes_on=r"\b(?:which|who|that|what)\b",
    asks=(
        rf"\b(?:(?:what|which|whose|how|when|where|why)(?:['’]?s\b|(?!\s+{_PRONOUN}\b)(?:\s+[\w'’/-]+){{0,3}}?\s+{_MODAL}\s)"
        rf"|{_MODAL}\s+(?:{_PRONOUN}|there)\b)"
    ),
    asks_indirectly=(
        r"\b(?:tell me|let me know|explain|wonder(?:ing)?|curious|do you know"
        r"|(?:want|like|need|love)d? to (?:know|ask|find out|check))\b"
    ),
    indirect=r"(?:how|what|where|who|which|why|whether|if)\b",
    tag=(
        rf"(?:{_AUXILIARY}\s+(?:{_PRONOUN}|that|this|there)|right|ok(?:ay)?|correct|yes|no|yeah|possible|or not|please"
        r"|(?:is|are|would) (?:it|that|this|they) (?:ok(?:ay)?|possible|allowed|true|right|correct|fine|normal)"
        r"|does (?:it|that|this) (?:work|count|help)|(?:any )?(?:ideas?|help|thoughts|suggestions)"
        r"|and (?:how|why)|why|how so)"
    ),
    ellipsis=r"(?:and|also|(?:and\s+)?(?:what|how)\s+about)\s+",
    about=r"(?:and\s+)?(?:what|how)\s+about\s+",
    other_words=r"\bor\b|^(?:maybe|perhaps|like|such as)\b",
    empty_words=(
        rf"\b(?:{_AUXILIARY}|{_SUBJECT}|what|when|where|why|how|which|who|whose|me|us|them|to|on|in|into|out|about|of|for"
        r"|like|be|been|and|so|then|please|really|just|again|now|going|happening|find|know|tell|help|see|check|fix|solve"
        r"|done|wrong|way|one|ones)(?:['’]\w+)?\b"
    ),
    points_back=rf"\b(?:it|this|that|these|those|them|they|ones?)\b|^{_MODAL} (?:you|u)\b",
    prepositions=r"\b(?:on|for|in|to|at|with|by|from|of|as|under|via)\b",
    articles=r"\b(?:an?|the|my|your)\s",
)
_YES = (
    r"(?:yes|yeah|yea|yep|yup|y|sure|ok|okay|alright|all right|of course|certainly|absolutely|definitely|correct|right"
    r"|exactly|confirm|confirmed|agreed|i (?:do )?(?:confirm|agree)|do (?:it|that|so)|please do|go (?:ahead|on)"
    r"|that's (?:right|correct|fine|ok|okay)|sounds good|fine|perfect)"
)
_MANNERS = r"(?:please|thanks|thank you|just|now|then)"
_CONSENT = ConsentPatterns(
    yes=re.compile(rf"(?:{_MANNERS} ){{0,3}}{_YES}(?: (?:{_YES}|{_MANNERS})){{0,6}}"),
    beside_yes=re.compile(rf"{_MANNERS}(?: {_MANNERS}){{0,3}}"),
    no=re.compile(
        r"(?:oh |well |hm{1,6} |please |i said )?(?:no|nope|nah|n|not|don'?t|do not|never|never ?mind|leave it|keep it"
        r"|stop|wait|forget it|i'?d rather not|i (?:don'?t|do not|no longer|changed my mind)|rather not)\b"
    ),
    calls_off=re.compile(r"(?:please )?(?:cancel|abort)(?: it| that| this)?(?: please)?"),
    hesitates=re.compile(
        rf"(?:{_YES}|but|hm{{1,6}}|um{{1,6}}|uh{{1,6}}|er{{1,6}}|eh|huh|what|hello|maybe|perhaps|i guess|if)\b"
    ),
)
_NAMING = NamingPatterns(
    conjunction=r"\band\b",
    reversal=r"\b(?:not|no|never|none|neither|except|but|without|besides|other)\b|n't",
    nothing=r"none|n a",
)
ENGLISH = LanguagePack(
    code="en",
    misspelt={
        "hello": "helo hllo hlelo ehllo hallo hullo hellow heello helllo",
        "thanks": "thnaks thnks tahnks thansk tx thks tks thankss thanls",
        "thank": "thnak tahnk thnk thakn",
        "you": "yu yuo",
        "please": "plese pleas pleae pleasee plase",
        "okay": "okey okie oky",
        "bye": "bey buy-bye byee",
        "goodbye": "godbye gudbye goodby goobye",
        "morning": "mornin moring",
        "agent": "agnet agen aegnt agenet agant",
        "human": "humna hunam huamn humman humen",
        "person": "persn perosn preson peson",
        "representative": "represenative representitive reprensentative representive representativ repesentative",
        "operator": "operater opertor oprator",
        "customer": "custmer cusomer customr costumer cutomer",
        "service": "sevice servce servise serivce",
        "support": "suport supprt",
        "speak": "speek spaek sepak",
        "talk": "tlak takl tallk",
        "someone": "somone somene",
        "want": "wnat",
    },
    variants={},
    slips=None,
    human_request=_HUMAN_REQUEST,
    intents=_INTENTS,
    consent=_CONSENT,
    naming=_NAMING,
    sensitive=_SENSITIVE,
    sentiment=_SENTIMENT,
    slots=_SLOTS,
    clarification=_CLARIFICATION,
    instructions=_INSTRUCTIONS,
    own_case=_OWN_CASE,
    questions=_QUESTIONS,
    pastime=re.compile(
        r"\b(?:write|compose|sing|recite|tell|make up|give)(?: me| us)? (?:a|an|another"
        r"|some) (?:\w{1,12} )?(?:poems?|jokes?|story|stories"
        r"|songs?|haiku|limerick|riddle|essay|program|python|sql|code)\b|\b(?:write|debug|fix) (?:me )?(?:some |a "
        r"|this |my )?(?:python |java |sql )?"
        r"(?:code|script|program|function)\b|\bweather\b|\b(?:going to|gonna|will it) rain\b"
        r"|\btranslate\b.{0,40}\b(?:to|into)\b"
        r"|\b(?:meaning of life|capital of|president of|lottery numbers?)\b|\bwhich (?:stocks?|shares|crypto)\b"
    ),
)

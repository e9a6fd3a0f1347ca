import type { Texts } from "./types.js";

/**
 * French. Formal ("vous"), like the scripts in prompts/. A no-break space precedes `:`, `!` and
 * `?`.
 */
export const fr: Texts = {
  locale: "fr",
  heading: { plain: "Bienvenue", withName: "Bienvenue, {name}" },
  aiAvatar: "Votre guide est un avatar IA.",
  aiLabel: "Avatar IA",
  recording: "Cette conversation est enregistrée.",
  stopRecording: "Arrêter l'enregistrement",
  recordingStopped: "L'enregistrement a été arrêté et supprimé.",
  guide: "Votre guide",
  guideOnVideo: "Votre guide, en vidéo",
  you: "Vous",
  conversation: "Conversation",
  status: {
    connecting: "Connexion…",
    connected: "En ligne",
    reconnecting: "Reconnexion…",
    finished: "Terminé",
    notConnected: "Hors ligne",
  },
  steps: { room: "Salle", connection: "Connexion", guide: "Guide", done: "fait" },
  waiting: {
    room: "Nous préparons votre salle…",
    connection: "Nous établissons la connexion…",
    expected: "Votre guide arrive…",
    preparing: "Votre guide est là et se prépare…",
    lost: "La connexion avec votre guide a été coupée. Un instant, nous la rétablissons…",
    late: "Votre guide n'est pas encore là. Nous essayons de nouveau…",
  },
  activity: {
    getting_ready: "{guide} se prépare",
    thinking: "{guide} réfléchit…",
    speaking: "{guide} parle",
    writing: "{guide} écrit…",
    reconnecting: "Un instant",
    speakOrType: "À vous : parlez ou écrivez",
    type: "À vous : écrivez votre réponse",
  },
  chips: {
    label: "Réponses rapides",
    progress: "Question {number} sur {total}",
    allDone: "Toutes les questions ont été posées",
    yes: "Oui",
    no: "Non",
    skip: "Passer cette question",
    next: "Rien pour l'instant, continuons",
    finish: "Plus de questions",
    repeat: "Répétez, s'il vous plaît",
    slower: "Plus lentement, s'il vous plaît",
  },
  mode: {
    avatar_refused: "Aujourd'hui, votre guide vous accompagne de vive voix, sans image.",
    avatar_late: "Pour l'instant, votre guide vous accompagne de vive voix, sans image.",
    avatar_left: "Votre guide continue de vive voix, sans image.",
    avatar_stalled: "Votre guide continue de vive voix, sans image.",
    avatar_budget: "Aujourd'hui, votre guide vous accompagne de vive voix, sans image.",
    speech_failed: "Votre guide ne peut pas parler pour le moment et vous écrit.",
  },
  sound: {
    tap: "Touchez pour entendre votre guide",
    why: "Votre navigateur n'active le son qu'après un geste de votre part.",
  },
  captions: {
    label: "Ce qui a été dit",
    before: "Les paroles de votre guide s'afficheront ici.",
    empty: "Vos échanges s'affichent ici.",
    brokenOff: "(interrompu)",
  },
  chat: {
    label: "Écrire à votre guide",
    placeholder: "Ou écrivez ici…",
    textMode: "Écrivez votre réponse ici…",
    notYet: "Vous pourrez écrire dans un instant",
    send: "Envoyer",
    failed: "Votre message n'est pas parti. Renvoyez-le, s'il vous plaît.",
  },
  microphone: { label: "Micro", on: "Micro activé", off: "Micro coupé" },
  microphoneNote: {
    off: "Activez-le pour parler, ou écrivez.",
    asking: "Autorisez-le dans votre navigateur, ou contentez-vous d'écouter et d'écrire.",
    denied:
      "Votre navigateur le bloque : autorisez-le près de l'adresse, puis touchez-le. Ou écrivez.",
    notAllowedByHost:
      "La page qui contient celle-ci ne l'autorise pas. Vous pouvez écouter et écrire.",
    absent: "Aucun micro trouvé. Vous pouvez écouter et écrire.",
    failed: "Il n'a pas pu démarrer. Vous pouvez écouter et écrire.",
  },
  continue: {
    label: "Passer à la vidéo de formation",
    going: "La vidéo s'ouvre…",
    noAddress: "Pour continuer, revenez à la page précédente.",
  },
  continueHint: {
    soon: "Votre guide va bientôt vous dire au revoir.",
    highlight_continue: "L'accueil est terminé. Continuez quand vous voulez.",
    continue: "Votre vidéo de formation va s'ouvrir dans un instant.",
    late: "Inutile d'attendre\u00a0: votre vidéo de formation est disponible.",
    lost: "Vous pouvez continuer tout de suite, ou attendre un instant votre guide.",
  },
  ending: {
    title: "Votre formation vous attend",
    takenOver: "Votre accueil est ouvert ailleurs",
    welcome:
      "Bienvenue\u00a0! C'est un plaisir de vous accueillir. Votre formation vous attend, commencez quand vous voulez.",
    tryAgain: "Réessayer",
    takeBack: "Continuer ici",
    unsent: "Vous n'avez pas envoyé ceci :",
  },
  ended: {
    other: "L'accueil est terminé. Merci pour cet échange\u00a0!",
    completed: "L'accueil est terminé. Merci pour cet échange, et bon visionnage\u00a0!",
    alreadyGreeted: "Votre accueil a déjà eu lieu.",
    silent:
      "Sans réponse de votre part, votre guide a quitté la conversation. Vous pouvez continuer.",
    time_limit: "Le temps prévu pour l'accueil est écoulé. Merci pour cet échange\u00a0!",
    stopped: "Votre guide a dû s'arrêter, mais rien n'est perdu.",
  },
  failed: {
    refused: "Votre guide ne peut pas vous rejoindre pour le moment, mais rien n'est perdu.",
    unreachable: "Nous n'avons pas pu joindre votre guide, mais rien n'est perdu.",
    connect_failed: "La connexion avec votre guide n'a pas pu s'établir, mais rien n'est perdu.",
    connection_lost: "La connexion avec votre guide a été coupée, mais rien n'est perdu.",
    no_guide: "Votre guide a du retard. Inutile d'attendre.",
    taken_over: "Il a été ouvert dans un autre onglet ou une autre fenêtre, et se poursuit là.",
    page_error: "Un problème est survenu sur cette page, mais rien n'est perdu.",
  },
  page: {
    title: "L'accueil de votre formation",
    noSession: "Cette page s'ouvre depuis votre plateforme de formation",
    openFromPlatform:
      "Elle a été chargée sans session de formation\u00a0: il n'y a encore personne à accueillir. Ouvrez-la depuis la plateforme.",
    forDevelopers:
      "Pour les développeurs\u00a0: lancez `make demo`, ou servez la page compilée avec un élément `greeting-config` dans le `head`.",
  },
};
